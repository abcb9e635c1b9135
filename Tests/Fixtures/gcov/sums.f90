module numbers
  implicit none
contains
  integer function collatz(start) result(steps)
    integer, intent(in) :: start
    integer :: n
    n = start
    steps = 0
    do while (n /= 1)
      if (mod(n, 2) == 0) then
        n = n / 2
      else
        n = 3 * n + 1
      end if
      steps = steps + 1
    end do
  end function
  subroutine never(x)
    integer, intent(inout) :: x
    x = x + 1
  end subroutine
end module

program sums
  use numbers
  implicit none
  integer :: i, s
  s = 0
  do i = 1, 30
    s = s + collatz(i)
    if (s > 1000) s = s - 1000
  end do
  print *, s
end program
