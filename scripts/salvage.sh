# Coverage of the commands between two lines of a script. For sh, bash and zsh; sourced, not run:
#
#   . scripts/salvage.sh
#   salvage_begin -o unit.salvage        options as of `salvage env`; --fresh replaces what is there
#   make test
#   ./server & …
#   salvage_end                          the variables are as they were; prints one line
#
# Traps, options and the exit status of the script are left alone. Where `salvage` cannot make the
# recording, salvage_begin says so and returns 1, and the commands run as if nothing had been asked.
# SALVAGE names the command, where it is not on PATH.

salvage_begin() {
  if [ -n "${_salvage_open-}" ]; then
    echo "salvage: salvage_begin was called twice; salvage_end comes first" >&2
    return 1
  fi
  _salvage_script=$("${SALVAGE:-salvage}" env --shell sh "$@") || return 1
  _salvage_had_preload=${LD_PRELOAD+yes}
  _salvage_preload=${LD_PRELOAD-}
  _salvage_had_recording=${SALVAGE_RECORDING+yes}
  _salvage_recording=${SALVAGE_RECORDING-}
  eval "$_salvage_script"
  _salvage_open=${SALVAGE_RECORDING%;life=*}
  unset _salvage_script
}

salvage_end() {
  if [ -z "${_salvage_open-}" ]; then
    echo "salvage: salvage_end without salvage_begin" >&2
    return 1
  fi
  if [ -n "$_salvage_had_preload" ]; then
    LD_PRELOAD=$_salvage_preload
  else
    unset LD_PRELOAD
  fi
  if [ -n "$_salvage_had_recording" ]; then
    SALVAGE_RECORDING=$_salvage_recording
  else
    unset SALVAGE_RECORDING
  fi
  set -- "$_salvage_open"
  unset _salvage_open _salvage_had_preload _salvage_preload _salvage_had_recording \
    _salvage_recording
  # Processes that still run keep counting; what lies on tmpfs for them is brought home later.
  "${SALVAGE:-salvage}" collect --summary "$1" >&2
}
