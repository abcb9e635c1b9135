// A library that is loaded at run time.
int plugin_work(void);
int plugin_work(void) { return 4; }
