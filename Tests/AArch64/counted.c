// The only instrumented function of the subject: its one counter is all that a recording of it holds.
volatile int calls;

void counted(void) { calls++; }
