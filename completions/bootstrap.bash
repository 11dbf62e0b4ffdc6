# Completion of bootstrap's command line in bash: the program says what may come next.
_bootstrap() {
  local line=${COMP_LINE:0:COMP_POINT} words=() part i
  # bash takes words apart at ":" and "=", too; what no blank stands between belongs together.
  for ((i = 0; i < COMP_CWORD; i++)); do
    part=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && $line != [[:space:]]* ]]; then words[-1]+=$part; else words+=("$part"); fi
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#"$part"}
  done
  if [[ $line == [[:space:]]* || ${#words[@]} -eq 1 ]]; then words+=("${line#"${line%%[![:space:]]*}"}"); else words[-1]+=$line; fi
  local word=${words[-1]} last candidate
  # And it replaces only what comes after the last of these.
  last=$word
  [[ $COMP_WORDBREAKS != *:* ]] || last=${last##*:}
  [[ $COMP_WORDBREAKS != *=* ]] || last=${last##*=}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    case $candidate in
      :files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$last") ;;
      :directories) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$last") ;;
      :recipes) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.yml' -- "$last"; compgen -f -X '!*.yaml' -- "$last"; compgen -d -- "$last") ;;
      *) COMPREPLY+=("${candidate:${#word}-${#last}}"); continue ;;
    esac
    compopt -o filenames 2>/dev/null
  done < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
}
complete -F _bootstrap bootstrap
