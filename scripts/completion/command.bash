
# Behind -- (or the first word that is no option) the words are those of a command.
_salvage_or_command() {
  local at
  case ${COMP_WORDS[1]-} in
    run | watch | doctor | --)
      for ((at = 1; at < COMP_CWORD; at++)); do
        if [ "${COMP_WORDS[at]}" = -- ]; then
          if declare -F _command_offset >/dev/null; then
            _command_offset $((at + 1))
          elif ((COMP_CWORD == at + 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
          else
            mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
          fi
          return
        fi
      done
      ;;
  esac
  _salvage "$@"
}
complete -o filenames -F _salvage_or_command salvage
