// Compiles the static assertions of the contract.
#include "salvage_abi.h"
