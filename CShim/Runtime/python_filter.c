// Which Python files are recorded: all but the interpreter's own library and what is installed, or what
// `--python-source` names.
#include "python_recorder.h"

#define RULES_MAX 16384

static const struct slv_python *python;
static char
    rules[RULES_MAX]; // lines `source <directory>` and `package <a/b>`, each ending with NUL
static size_t rules_size;
static char prefixes[4][SLV_PYTHON_PATH_MAX]; // of the interpreter and its virtual environment

// What is known is left as it is: other interpreters may be reading it. Context: thread
static void read_prefix(const char *name, char *to) {
  slv_py *value = python->PySys_GetObject(name);
  const char *text = value != NULL ? python->PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  if (text == NULL) text = "";
  if (slv_length(text) < SLV_PYTHON_PATH_MAX && !slv_same(text, to))
    slv_text(to, to + SLV_PYTHON_PATH_MAX, text);
}

// Context: thread
static void read_rules(void) {
  char path[SLV_PATH_MAX + 16];
  if (rules_size != 0) return;
  slv_text(slv_text(path, path + sizeof path, slv_process.root), path + sizeof path, "/python");
  int file = slv_sys_open(path, O_RDONLY, 0);
  if (file < 0) return;
  slv_word n = slv_sys_read(file, rules, sizeof rules - 1);
  slv_sys_close(file);
  rules_size = n > 0 ? (size_t)n : 0;
  for (size_t i = 0; i < rules_size; i++)
    if (rules[i] == '\n') rules[i] = 0;
  rules[rules_size] = 0;
}

// Context: thread
void slv_python_filter_start(const struct slv_python *table) {
  static const char *const names[] = {"base_prefix", "base_exec_prefix", "prefix", "exec_prefix"};
  python = table;
  for (int i = 0; i < 4; i++) read_prefix(names[i], prefixes[i]);
  read_rules();
}

// What follows `directory/` in a path; NULL when the path is not below it. Context: any
static const char *below(const char *path, const char *directory) {
  size_t length = slv_length(directory);
  while (length > 1 && directory[length - 1] == '/') length--;
  if (length == 0) return NULL;
  for (size_t i = 0; i < length; i++)
    if (path[i] != directory[i]) return NULL;
  if (length == 1 && directory[0] == '/') return path + 1;
  return path[length] == '/' ? path + length + 1 : NULL;
}

// An absolute path without `.`, `..` and empty parts. 0 when it is too long. Context: thread
static int absolute(const char *name, char path[SLV_PYTHON_PATH_MAX]) {
  size_t end = 0;
  if (name[0] != '/') {
    if (slv_process.sandboxed) return 0;
    slv_word n = slv_sys_readlinkat(AT_FDCWD, "/proc/self/cwd", path, SLV_PYTHON_PATH_MAX);
    if (n < 1 || n == SLV_PYTHON_PATH_MAX || path[0] != '/') return 0;
    end = (size_t)n;
    if (end == 1) end = 0;
  }
  for (const char *part = name; *part != 0;) {
    size_t length = 0;
    while (part[length] != 0 && part[length] != '/') length++;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
      while (end > 0 && path[--end] != '/') continue;
    } else if (length != 0 && !(length == 1 && part[0] == '.')) {
      if (end + length + 2 > SLV_PYTHON_PATH_MAX) return 0;
      path[end++] = '/';
      slv_copy(path + end, part, length);
      end += length;
    }
    part += length;
    if (*part == '/') part++;
  }
  path[end] = 0;
  return end > 1;
}

// True when one of the directories that the program imports from has the package or module.
// Context: thread
static int is_package(const char *path, const char *package) {
  slv_py *list = python->PySys_GetObject("path");
  slv_word count = list != NULL ? python->PyList_Size(list) : 0;
  if (count < 0) python->PyErr_Clear();
  for (slv_word i = 0; i < count; i++) {
    slv_py *entry = python->PyList_GetItem(list, i);
    const char *text = entry != NULL ? python->PyUnicode_AsUTF8AndSize(entry, NULL) : NULL;
    char directory[SLV_PYTHON_PATH_MAX];
    if (text == NULL) {
      python->PyErr_Clear();
      continue;
    }
    if (!absolute(text[0] == 0 ? "." : text, directory)) continue;
    const char *rest = below(path, directory);
    if (rest == NULL || !slv_starts(rest, package)) continue;
    char next = rest[slv_length(package)];
    if (next == '/' || next == '.') return 1;
  }
  return 0;
}

// Context: any
static int contains(const char *path, const char *part) {
  for (; *path != 0; path++)
    if (*path == '/' && slv_starts(path, part)) return 1;
  return 0;
}

// Context: any
static int is_package_directory(const char *path) {
  return contains(path, "/site-packages/") || contains(path, "/dist-packages/");
}

// A directory stands for the sources in it, not for a virtual environment that lies there too.
// Context: any
static int is_source(const char *path, const char *directory) {
  const char *rest = below(path, directory);
  return slv_same(path, directory) || (rest != NULL && !is_package_directory(rest - 1));
}

// Context: thread
static int matches_rule(const char *path) {
  for (size_t at = 0; at < rules_size; at += slv_length(rules + at) + 1) {
    const char *rule = rules + at;
    if (slv_starts(rule, "source ") && is_source(path, rule + 7)) return 1;
    if (slv_starts(rule, "package ") && is_package(path, rule + 8)) return 1;
  }
  return 0;
}

// The interpreter's library, its commands, and what was installed. Context: thread
static int is_installed(const char *path) {
  if (is_package_directory(path)) return 1;
  for (int i = 0; i < 4; i++) {
    const char *rest = below(path, prefixes[i]);
    if (rest == NULL) continue;
    if (slv_starts(rest, "bin/") || slv_starts(rest, "lib/python") ||
        slv_starts(rest, "lib64/python"))
      return 1;
  }
  return 0;
}

// Context: thread
int slv_python_filter(const char *name, char path[SLV_PYTHON_PATH_MAX]) {
  if (name[0] == '<' || name[0] == 0 || !absolute(name, path)) return 0;
  return rules_size != 0 ? matches_rule(path) : !is_installed(path);
}
