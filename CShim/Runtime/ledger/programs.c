// Which programs lives run: in a cell where path and arguments fit one, else in the file `programs`.
#include "base/file.h"
#include "ledger/ledger.h"

#define PIECES 64 // iovecs on the stack: 1 KiB

// Appends to `text`, but never past `end`: then NULL. Context: any
static char *append(char *text, const char *end, const char *word) {
  size_t bytes = slv_length(word) + 1;
  if (text == NULL || bytes > (size_t)(end - text)) return NULL;
  slv_copy(text, word, bytes);
  return text + bytes;
}

// 0 where it does not fit a cell. Context: any
static int note_in_cell(uint64_t life, const char *path, char *const argv[]) {
  struct slv_program_cell note = {.life = life};
  const char *limit = note.text + sizeof note.text;
  char *end = append(note.text, limit, path);
  for (; end != NULL && argv != NULL && argv[note.arguments] != NULL; note.arguments++)
    end = append(end, limit, argv[note.arguments]);
  struct slv_program_cell *cell = end == NULL ? NULL : (void *)slv_cell_take();
  if (cell == NULL) return 0;
  note.length = (uint16_t)(end - note.text);
  slv_copy(cell, &note, sizeof note);
  __atomic_store_n(&cell->state, SLV_CELL_PROGRAM, __ATOMIC_RELEASE);
  return 1;
}

// One appended write per program, so that records of many processes never mix. Context: any
static void append_to_file(uint64_t life, const char *path, char *const argv[]) {
  struct slv_program_record record = {.magic = SLV_PROGRAM_MAGIC, .life = life};
  struct iovec pieces[PIECES];
  size_t total = slv_length(path) + 1;
  pieces[0] = (struct iovec){&record, sizeof record};
  pieces[1] = (struct iovec){(void *)(uintptr_t)path, total};
  int used = 2;
  for (; argv != NULL && argv[record.arguments] != NULL; record.arguments++) {
    size_t bytes = slv_length(argv[record.arguments]) + 1;
    if (used == PIECES || record.present != record.arguments ||
        total + bytes > SLV_PROGRAM_TEXT_MAX)
      continue; // cut here, but counted
    pieces[used++] = (struct iovec){argv[record.arguments], bytes};
    total += bytes;
    record.present++;
  }
  record.length = (uint32_t)total;
  char name[sizeof slv_process.home + 16];
  char *end = slv_text(name, name + sizeof name, slv_process.home);
  slv_text(end, name + sizeof name, "/programs");
  int file = slv_file_open(name, O_WRONLY | O_APPEND | O_CREAT);
  if (file < 0) return;
  struct stat now;
  struct rlimit limit; // an append past RLIMIT_FSIZE is SIGXFSZ
  if (slv_sys_getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      (slv_sys_fstat(file, &now) == 0 &&
       (uint64_t)now.st_size + sizeof record + total <= limit.rlim_cur))
    slv_sys_writev(file, pieces, used);
  slv_sys_close(file);
}

// Context: any
void slv_program_note(uint64_t life, const char *path, char *const argv[]) {
  if (slv_process.sandboxed) return;
  if (path == NULL) path = "";
  if (!note_in_cell(life, path, argv)) append_to_file(life, path, argv);
}
