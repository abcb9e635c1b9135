// Variables that loaded objects export, by their name.
#ifndef SLV_EXPORTED_H
#define SLV_EXPORTED_H

// Tells of each variable of this name; every object may have one of its own. Context: thread
void slv_exported(const char *name, void (*each)(void *state, void *variable), void *state);

#endif
