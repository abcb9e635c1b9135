// Which Python files are recorded: all but the interpreter's own library and what is installed, or what
// `--python-source` names.
#include "base/file.h"
#include "python/recorder.h"

#define RULES_MAX 16384
#define PREFIXES 5

static const struct slv_python *python;
static char
    rules[RULES_MAX]; // lines `source <directory>` and `package <a/b>`, each ending with NUL
static size_t rules_size;
// Of the interpreter, and its virtual environment.
static char prefixes[PREFIXES][SLV_PYTHON_PATH_MAX];
static char *const environment = prefixes[PREFIXES - 1];

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
  struct stat settings;
  if (rules_size != 0) return;
  char *end = slv_text(path, path + sizeof path, slv_process.root);
  slv_text(end, path + sizeof path, "/settings");
  if (slv_sys_fstatat(AT_FDCWD, path, &settings, AT_SYMLINK_NOFOLLOW) != 0) return;
  slv_text(end, path + sizeof path, "/python");
  // One that another user has put there would switch our recording off.
  int file = slv_file_open_of(path, settings.st_uid);
  if (file < 0) return;
  slv_word n = slv_sys_read(file, rules, sizeof rules - 1);
  slv_sys_close(file);
  rules_size = n > 0 ? (size_t)n : 0;
  for (size_t i = 0; i < rules_size; i++)
    if (rules[i] == '\n') rules[i] = 0;
  rules[rules_size] = 0;
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

// `sys.prefix` is the environment's only after `site`, in versions before 3.14: here it is told as site tells it, by
// pyvenv.cfg (PEP 405). `bin/python` of the environment gives its name. Context: thread
static void read_environment(char *to) {
  static const char name[] = "/pyvenv.cfg";
  char path[SLV_PYTHON_PATH_MAX], file[SLV_PYTHON_PATH_MAX + sizeof name] = "";
  read_prefix("executable", file);
  if (slv_process.sandboxed || !absolute(file, path)) return;
  for (int part = 0; part < 2; part++) {
    size_t end = slv_length(path);
    while (end > 0 && path[end] != '/') end--;
    path[end] = 0;
  }
  slv_text(slv_text(file, file + sizeof file, path), file + sizeof file, name);
  if (slv_sys_faccessat(AT_FDCWD, file, F_OK) == 0 && !slv_same(path, to))
    slv_text(to, to + SLV_PYTHON_PATH_MAX, path);
}

// Context: thread
void slv_python_filter_start(const struct slv_python *table) {
  static const char *const names[] = {"base_prefix", "base_exec_prefix", "prefix", "exec_prefix"};
  python = table;
  for (int i = 0; i < PREFIXES - 1; i++) read_prefix(names[i], prefixes[i]);
  read_environment(environment);
  read_rules();
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

// A command or a library of what is installed there. Context: any
static int is_below_prefix(const char *path, const char *prefix) {
  const char *rest = below(path, prefix);
  return rest != NULL && (slv_starts(rest, "bin/") || slv_starts(rest, "lib/python") ||
                          slv_starts(rest, "lib64/python"));
}

// A directory stands for the sources in it, not for a virtual environment that lies there too.
// Context: any
static int is_source(const char *path, const char *directory) {
  const char *rest = below(path, directory);
  if (rest == NULL) return slv_same(path, directory);
  if (is_package_directory(rest - 1)) return 0;
  int holds = below(environment, directory) != NULL || slv_same(environment, directory);
  return !holds || !is_below_prefix(path, environment);
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
  for (int i = 0; i < PREFIXES; i++)
    if (is_below_prefix(path, prefixes[i])) return 1;
  return 0;
}

// Context: thread
int slv_python_file_is_there(const char *path) {
  return slv_process.sandboxed || slv_sys_faccessat(AT_FDCWD, path, F_OK) != -ENOENT;
}

// Context: thread
int slv_python_filter(const char *name, char path[SLV_PYTHON_PATH_MAX]) {
  if (name[0] == '<' || name[0] == 0) return 0;
  if (!absolute(name, path)) {
    int is_long = slv_length(name) >= SLV_PYTHON_PATH_MAX - SLV_PYTHON_PATH_MAX / 4;
    return is_long && !is_package_directory(name) ? -ENAMETOOLONG : 0;
  }
  return rules_size != 0 ? matches_rule(path) : !is_installed(path);
}
