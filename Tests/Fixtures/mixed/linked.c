int linked(int n) { return n * 2; } // 2
int unlinked(int n) { return n * 3; } // 0
