! A Fortran program that ends in the essential ways: deaths TALLY DEATH [ARGUMENT], as Tests/Fixtures/c.
module marks
  use iso_c_binding
  implicit none
  interface
    subroutine mark(number) bind(c)
      import :: c_int
      integer(c_int), value :: number
    end subroutine
    subroutine leave(status) bind(c, name="_exit")
      import :: c_int
      integer(c_int), value :: status
    end subroutine
    subroutine crash() bind(c, name="abort")
    end subroutine
    integer(c_int) function fork() bind(c)
      import :: c_int
    end function
    integer(c_int) function raise(number) bind(c)
      import :: c_int
      integer(c_int), value :: number
    end function
    integer(c_int) function waitpid(pid, status, options) bind(c)
      import :: c_int
      integer(c_int), value :: pid, options
      integer(c_int) :: status
    end function
    integer(c_int) function atexit(handler) bind(c)
      import :: c_int, c_funptr
      type(c_funptr), value :: handler
    end function
    integer(c_int) function execv(path, arguments) bind(c)
      import :: c_int, c_ptr, c_char
      character(kind=c_char) :: path(*)
      type(c_ptr) :: arguments(*)
    end function
  end interface
contains
  subroutine entry_point()
    call mark(0)
  end subroutine

  subroutine before()
    call mark(1)
  end subroutine

  subroutine child()
    call mark(3)
  end subroutine

  subroutine at_end() bind(c)
    call mark(8)
  end subroutine

  subroutine again()
    call mark(10)
  end subroutine

  subroutine parent_goes_on()
    call mark(11)
  end subroutine
end module

program deaths
  use marks
  implicit none
  character(len=64) :: death, argument
  integer :: number

  call get_command_argument(2, death)
  call get_command_argument(3, argument)
  call entry_point()
  select case (death)
  case ("stop")
    number = atexit(c_funloc(at_end))
    call before()
    stop 3
  case ("normal")
    call before()
  case ("_exit")
    call before()
    call leave(5)
  case ("abort")
    call before()
    call crash()
  case ("error")
    call before()
    error stop 6
  case ("raise")
    read (argument, *) number
    call before()
    number = raise(number)
  case ("fork")
    read (argument, *) number
    call forks(number)
  case ("exec")
    if (argument == "again") then
      call again()
    else
      call executes()
    end if
  end select
contains
  ! Some before the fork, some in the child alone, some in the parent alone.
  subroutine forks(number)
    integer, intent(in) :: number
    integer(c_int) :: pid, status, i
    do i = 1, 3
      call before()
    end do
    pid = fork()
    if (pid == 0) then
      do i = 1, 5
        call child()
      end do
      status = raise(number)
    end if
    pid = waitpid(pid, status, 0)
    print *, "child", iand(status, 127)
    call parent_goes_on()
    call leave(7)
  end subroutine

  subroutine executes()
    character(len=256), target :: words(4)
    type(c_ptr) :: arguments(5)
    integer :: i, code
    words(1) = "deaths"
    call get_command_argument(1, words(2))
    words(3) = "exec"
    words(4) = "again"
    do i = 1, 4
      words(i) = trim(words(i)) // c_null_char
      arguments(i) = c_loc(words(i))
    end do
    arguments(5) = c_null_ptr
    call before()
    code = execv("/proc/self/exe" // c_null_char, arguments)
  end subroutine
end program
