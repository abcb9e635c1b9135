int loaded(int n) { return n * 5; } // 4
int unloaded(int n) { return n * 7; } // 0
