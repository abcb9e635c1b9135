// A hash of bytes, the same on all processors.
#ifndef SLV_HASH_H
#define SLV_HASH_H

#include <stddef.h>
#include <stdint.h>

// Not cryptographic. LLVMIdentity.swift has the same. Context: any
uint64_t slv_hash(uint64_t seed, const void *bytes, size_t count);

#endif
