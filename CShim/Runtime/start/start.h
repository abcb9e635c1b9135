// The beginning of a life.
#ifndef SLV_START_H
#define SLV_START_H

// Joins the recording that the environment names, if any; nothing of the process has run. `environment` is
// followed by the auxiliary vector. Context: constructor
void slv_begin(char *argv[], char *environment[]);

#endif
