// A static program: no library can be loaded into it. What it runs is a loss, and the ledger says so.
#include <stdio.h>
#include <unistd.h>

int main(void)
{
  puts("sealed: nobody sees this line run");
  fflush(stdout);
  _exit(0);
}
