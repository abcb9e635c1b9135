// Code objects of Python: the lines that there is code for, and a name by which all processes know the
// same code. A compiled source is a tree: the code of each function and class is a constant of the code
// around it. The first process that meets a tree writes its lines down; the others recognise it.
#include "base/hash.h"
#include "ledger/ledger.h"
#include "python/recorder.h"

#define DEPTH 24       // of code in code; what is deeper is known when it runs
#define NAME_BYTES 512 // of a qualified name; longer ones are cut
#define SOURCE_MAX (16u << 20)

enum { CO_OPTIMIZED = 1 };

static const struct slv_python *python;
static slv_word extra_index = -1; // the same in all interpreters: we are the first to ask for one

// One walk over a tree, in the same order each time: first to know it, then to write its lines down,
// then to mark each code object.
struct walk {
  slv_py *type; // of code objects
  uint64_t hash;
  uint32_t lines, functions, branches, names; // seen so far
  struct slv_python_fresh *fresh;             // not NULL: written down
  int view;                                   // >= 0: marked
  const struct slv_python_view *of; // not NULL: `waits` becomes the last line that nobody ran
  uint32_t waits;
};

// Of the code around.
struct scope {
  char name[NAME_BYTES];
  size_t length; // of the name, with what goes before names in it; 0 in a module
};

// Context: thread
static slv_py *attribute(slv_py *object, const char *name) {
  slv_py *value = python->PyObject_GetAttrString(object, name);
  if (value == NULL) python->PyErr_Clear();
  return value;
}

// Context: thread
static uint32_t number(slv_py *code, const char *name) {
  slv_py *value = attribute(code, name);
  long n = value != NULL ? python->PyLong_AsLong(value) : 0;
  if (value != NULL) python->Py_DecRef(value);
  return n < 0 || n > INT32_MAX ? 0 : (uint32_t)n;
}

// Context: thread
static void note_line(void *state, int64_t line) {
  struct walk *w = state;
  if (line <= 0 || line >= (int64_t)SLV_PYTHON_WINDOW) return;
  if (w->of != NULL) {
    if (line > w->waits && line < w->of->line_count && w->of->lines[line] == SLV_PYTHON_EXECUTABLE)
      w->waits = (uint32_t)line;
    return;
  }
  if (line >= w->lines) w->lines = (uint32_t)line + 1;
  unsigned char none = SLV_PYTHON_NO_LINE;
  if (w->fresh != NULL && line < w->fresh->block->lines) // an executed one stays that
    __atomic_compare_exchange_n(&w->fresh->lines[line], &none, SLV_PYTHON_EXECUTABLE, 0,
                                __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// Hashes the line table of a code object, and notes its lines. Context: thread
static void walk_lines(struct walk *w, slv_py *code, uint32_t first) {
  char *bytes;
  slv_word size;
  slv_py *table = attribute(code, python->minor >= 10 ? "co_linetable" : "co_lnotab");
  if (table != NULL && python->PyBytes_AsStringAndSize(table, &bytes, &size) == 0) {
    const unsigned char *t = (const unsigned char *)bytes;
    w->hash = slv_hash(w->hash ^ first, t, (size_t)size);
    slv_python_lines(python->minor, t, (size_t)size, first,
                     &(struct slv_python_notes){note_line, w});
  } else {
    python->PyErr_Clear();
  }
  if (table != NULL) python->Py_DecRef(table);
}

// Adds a name behind the scope's: `outer.<locals>.inner`, `Class.method`. Context: any
static size_t qualify(const struct scope *outer, const char *name, char to[NAME_BYTES]) {
  slv_copy(to, outer->name, outer->length);
  return (size_t)(slv_text(to + outer->length, to + NAME_BYTES, name) - to);
}

// Notes a code object, by its name if it is a function's; its number among those of the tree.
// Context: thread
static uint32_t walk_function(struct walk *w, const char *name, size_t length, uint32_t line) {
  size_t bytes = name != NULL ? length + 1 : 0;
  if (w->fresh != NULL && w->functions < w->fresh->block->functions &&
      w->names + bytes <= w->fresh->names_size) {
    w->fresh->functions[w->functions] = (struct slv_python_function){
        .line = line, .name = name != NULL ? w->names : SLV_PYTHON_NO_NAME, .branch = w->branches};
    slv_copy(w->fresh->names + w->names, name, bytes);
  }
  w->names += (uint32_t)bytes;
  return w->functions++;
}

// Notes the branches of a code object. Context: thread
static void walk_branches(struct walk *w, slv_py *code) {
  if (python->minor < 14) return;
  struct slv_python_fresh *f = w->fresh;
  uint32_t room = f != NULL ? f->block->branches - w->branches : 0;
  uint32_t count =
      slv_python_branches(python, code, f != NULL ? f->branches + w->branches : NULL, room);
  if (f != NULL && count > room) count = room;
  w->branches += count;
  w->hash += count;
}

static void walk_code(struct walk *w, slv_py *code, const struct scope *outer, int depth);

// Context: thread
static void walk_inner(struct walk *w, slv_py *code, const struct scope *scope, int depth) {
  slv_py *constants = attribute(code, "co_consts");
  slv_word count = constants != NULL ? python->PyTuple_Size(constants) : 0;
  for (slv_word i = 0; i < count; i++) {
    slv_py *constant = python->PyTuple_GetItem(constants, i);
    slv_py *type = constant != NULL ? python->PyObject_Type(constant) : NULL;
    if (type == w->type) walk_code(w, constant, scope, depth + 1);
    if (type != NULL) python->Py_DecRef(type);
  }
  if (constants != NULL) python->Py_DecRef(constants);
}

// Context: any
static void *extra_of(int view, uint32_t function) {
  return (void *)((uintptr_t)(view + 1) << SLV_PYTHON_VIEW_BIT | (uintptr_t)function
                                                                     << SLV_PYTHON_FUNCTION_BIT);
}

// Context: thread
static void walk_code(struct walk *w, slv_py *code, const struct scope *outer, int depth) {
  struct scope scope;
  slv_py *value = attribute(code, "co_name");
  const char *name = value != NULL ? python->PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  if (name == NULL) {
    python->PyErr_Clear();
    name = "?";
  }
  uint32_t first = number(code, "co_firstlineno"), flags = number(code, "co_flags");
  w->hash = slv_hash(w->hash, name, slv_length(name));
  scope.length = depth == 0 && name[0] == '<' ? 0 : qualify(outer, name, scope.name);
  int is_function = name[0] != '<' && (flags & CO_OPTIMIZED);
  uint32_t function = walk_function(w, is_function ? scope.name : NULL, scope.length, first);
  if (w->view < 0) {
    walk_lines(w, code, first);
    walk_branches(w, code);
  } else {
    python->_PyCode_SetExtra(code, extra_index, extra_of(w->view, function));
  }
  if (scope.length != 0) {
    const char *between = flags & CO_OPTIMIZED ? ".<locals>." : ".";
    char *end = slv_text(scope.name + scope.length, scope.name + NAME_BYTES, between);
    scope.length = (size_t)(end - scope.name);
  }
  if (depth < DEPTH) walk_inner(w, code, &scope, depth);
  if (value != NULL) python->Py_DecRef(value);
}

// Context: thread
static struct walk walk(slv_py *code, struct slv_python_fresh *fresh, int view) {
  struct scope none = {.length = 0};
  struct walk w = {.type = python->PyObject_Type(code), .hash = 3, .fresh = fresh, .view = view};
  walk_code(&w, code, &none, 0);
  python->Py_DecRef(w.type);
  return w;
}

// A hash of a source's text, in steps of 2048 bytes, as the reader makes it of what it finds at report
// time. 0: can't be read. Context: thread
static uint64_t hash_source(const char *path) {
  char text[2048];
  uint64_t hash = 5;
  int file = slv_sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  struct stat st;
  if (file < 0) return 0;
  if (slv_sys_fstat(file, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > SOURCE_MAX) hash = 0;
  for (off_t at = 0; hash != 0 && at < st.st_size; at += sizeof text) {
    slv_word n = slv_sys_pread(file, text, sizeof text, at);
    hash = n > 0 ? slv_hash(hash, text, (size_t)n) : 0;
  }
  slv_sys_close(file);
  return hash;
}

// Writes a tree down that nobody has met. Context: thread
static int make(slv_py *code, const struct slv_python_plan *plan) {
  struct slv_python_fresh fresh;
  int error = slv_python_arena_make(plan, &fresh);
  if (error != 0) return error;
  fresh.block->source = slv_process.sandboxed ? 0 : hash_source(plan->path);
  walk(code, &fresh, -1);
  return slv_python_arena_publish(plan, &fresh);
}

// Context: thread
static int view_of_tree(slv_py *code, const char *path) {
  struct walk seen = walk(code, NULL, -1);
  struct slv_python_plan plan = {.path = path,
                                 .identity = seen.hash,
                                 .minor = (uint32_t)python->minor,
                                 .lines = seen.lines,
                                 .functions = seen.functions,
                                 .branches = seen.branches,
                                 .names = seen.names};
  int view = slv_python_arena_find(&plan);
  if (view == -1) view = make(code, &plan);
  if (view == -EDQUOT) slv_process.cell->loss = SLV_LOSS_PYTHON_FULL;
  else if (view < 0) slv_note_loss(view);
  return view;
}

// Context: thread
int slv_python_code_start(const struct slv_python *table) {
  python = table;
  slv_word index = python->_PyEval_RequestCodeExtraIndex(NULL);
  if (extra_index < 0) extra_index = index;
  return index >= 0 && index == extra_index;
}

// Context: thread
void *slv_python_code_extra(slv_py *code) {
  void *extra = NULL;
  if (python->_PyCode_GetExtra(code, extra_index, &extra) == 0) return extra;
  python->PyErr_Clear();
  return NULL;
}

// Context: thread
int slv_python_code_waits(slv_py *code, void *extra) {
  struct walk w = {.of = slv_python_view_of(extra)};
  if (w.of == NULL) return 0;
  walk_lines(&w, code, number(code, "co_firstlineno"));
  uintptr_t word = ((uintptr_t)extra & ~(uintptr_t)SLV_PYTHON_LINE_MASK) | w.waits;
  slv_python_code_exclude(code, (void *)word);
  return w.waits != 0;
}

// Context: thread
void slv_python_code_exclude(slv_py *code, void *extra) {
  if (python->_PyCode_SetExtra(code, extra_index, extra) != 0) python->PyErr_Clear();
}

// The path of a code object's file, when it is recorded: 1, else 0. A file that should be and can't be, for
// its name, is a loss. Context: thread
static int path_of(slv_py *code, char path[SLV_PYTHON_PATH_MAX]) {
  slv_py *value = attribute(code, "co_filename"), *bytes = NULL;
  const char *name = value != NULL ? python->PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  int wanted = 0;
  if (value != NULL && name == NULL) { // not UTF-8: the bytes of the file's name
    char *text = NULL;
    slv_word size;
    python->PyErr_Clear();
    bytes = python->PyUnicode_EncodeFSDefault(value);
    if (bytes == NULL || python->PyBytes_AsStringAndSize(bytes, &text, &size) != 0)
      python->PyErr_Clear();
    if (text != NULL && slv_python_filter(text, path) > 0 && slv_python_file_is_there(path))
      wanted = -EILSEQ;
  } else if (name != NULL) {
    wanted = slv_python_filter(name, path);
  }
  if (bytes != NULL) python->Py_DecRef(bytes);
  if (value != NULL) python->Py_DecRef(value);
  if (wanted < 0) slv_process.cell->loss = SLV_LOSS_PYTHON_NAME;
  return wanted > 0 && slv_python_file_is_there(path);
}

// Context: thread
void *slv_python_code_register(slv_py *code) {
  char path[SLV_PYTHON_PATH_MAX];
  int view = path_of(code, path) ? view_of_tree(code, path) : -1;
  if (view < 0) return NULL;
  walk(code, NULL, view);
  return slv_python_code_extra(code);
}
