// The file of a loaded object: its sections, its key.
#ifndef SLV_ELF_FILE_H
#define SLV_ELF_FILE_H

#include <elf.h>
#include <link.h>
#include <salvage_abi.h>
#include <stddef.h>
#include <stdint.h>

// An object's file, its section headers read. `bias` leads to its memory.
struct slv_file {
  int descriptor;
  int running; // constructors of the object may have run
  int writing; // its runtime is writing what it counted
  uintptr_t bias;
  const struct dl_phdr_info *info; // of the loaded object
  Elf64_Ehdr header;
  const Elf64_Shdr *sections; // header.e_shnum of them
  int count;
  const char *names; // of sections, NUL-terminated
  size_t names_size;
  const char *image; // the file, where it surely is the loaded one; else NULL
  size_t image_bytes;
  char *buffer; // that headers and names lie in
  size_t buffer_bytes;
};

extern const char *slv_executed; // what exec was given; may be relative
extern int slv_by_loader;        // ld.so was run as a program, and told which one to load

// The path by which the object's file can be opened. Context: thread
const char *slv_object_path(const struct dl_phdr_info *info);

// Opens the file behind `path` and reads its section headers. What is wrong, or SLV_LOSS_NONE; `*error`
// gets the errno. Context: thread
enum slv_loss slv_object_file_open(struct slv_file *file, const char *path, int *error);
void slv_object_file_close(struct slv_file *file);

// Context: any
const Elf64_Shdr *slv_section(const struct slv_file *file, const char *name);
// In memory; NULL for a section that is not loaded as the file says. Context: thread
const void *slv_section_memory(const struct slv_file *file, const Elf64_Shdr *section);
// From the file's image if there is one, else from memory: each page of its data that a process has
// looked at is one more to copy for each of its forks. Context: thread
const void *slv_section_contents(const struct slv_file *file, const Elf64_Shdr *section);

// Whether the program headers, and what is loaded of the sections with these names, are in memory as in the
// file, which may have been rebuilt since it was loaded: then its sections are another program's. Each name
// ends with a NUL, the last with two; of a section at most 64 KiB are compared, so none that memory changes.
// -1: the file can't be read. Context: thread
int slv_file_is_loaded(const struct slv_file *file, const char *names);

// What is loaded, from memory alone: as long as the object is there it does not change, whatever becomes of
// its file. `*has_id`: it has a build id, so that no other file has the same. Context: thread
uint64_t slv_object_image(const struct dl_phdr_info *info, int *has_id);

// A key of the file of an object without a build id, 0 when there is none. Context: thread
uint64_t slv_object_key(const struct dl_phdr_info *info);

// True when [address, address + size) lies in one segment with these permissions. Context: any
int slv_in_segment(const struct dl_phdr_info *info, uint64_t address, uint64_t size,
                   uint32_t flags);

#endif
