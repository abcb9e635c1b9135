// Opening the recording: what the environment and the settings file say. Runs before libc is
// initialised: everything comes from the constructor's arguments and raw system calls.
#include "process/recording.h"

#include "base/file.h"

SLV_HOT struct slv_process slv_process;
char *const *slv_environment;

// Where the u<uid> directories are: mostly in the recording itself.
static SLV_HOT const char *users;
static char users_elsewhere[SLV_PATH_MAX];

// Context: any
int slv_is_vfork_child(void) {
  if (slv_process.sandboxed) return 0; // asking takes a system call
  return slv_process.pid != slv_sys_getpid();
}

// The value of a variable in an environment array, or NULL. Context: any
const char *slv_environment_value(char *const environment[], const char *name) {
  size_t length = slv_length(name);
  for (; environment != NULL && *environment != NULL; environment++)
    if (slv_starts(*environment, name) && (*environment)[length] == '=')
      return *environment + length + 1;
  return NULL;
}

// Takes `<path>;life=<16 hex>;ctx=<8 hex>` apart, from the right. Context: constructor
static int parse(const char *value, uint64_t *life) {
  static const char tail[] = ";life=0123456789abcdef;ctx=01234567";
  size_t length = slv_length(value), suffix = sizeof tail - 1;
  if (length <= suffix || length - suffix >= SLV_PATH_MAX || value[0] != '/') return 0;
  const char *t = value + length - suffix;
  uint64_t context;
  if (!slv_starts(t, ";life=") || !slv_parse_hex(t + 6, 16, life)) return 0;
  if (!slv_starts(t + 22, ";ctx=") || !slv_parse_hex(t + 27, 8, &context)) return 0;
  slv_process.context = (uint32_t)context;
  slv_copy(slv_process.root, value, length - suffix); // the rest is zero
  return 1;
}

// Writes `<root>;life=<16 hex>;ctx=<8 hex>` to `to`, at least SLV_ADDRESS_MAX bytes. Context: any
void slv_recording_format(char *to, uint64_t life) {
  const char *end = to + SLV_ADDRESS_MAX;
  to = slv_text(to, end, slv_process.root);
  to = slv_hex(slv_text(to, end, ";life="), life, 16);
  to = slv_hex(slv_text(to, end, ";ctx="), slv_process.context, 8);
  *to = 0;
}

// Users whose directory has another name, see slv_recording_move_home. One more than there is room for gets
// a new name each time that a process becomes that user.
#define APART 4
static struct apart {
  uint32_t uid;
  uint64_t name; // 0: free
} apart[APART];

// users/u<uid>, or users/u<uid>.<16 hex>. Context: any
void slv_recording_home(char *to, size_t size, uint32_t uid) {
  char *end = slv_text(to, to + size - 29, users);
  end = slv_text(end, to + size - 28, "/u");
  end = slv_decimal(end, uid);
  for (int i = 0; i < APART; i++)
    if (apart[i].name != 0 && apart[i].uid == uid) {
      *end++ = '.';
      end = slv_hex(end, apart[i].name, 16);
      break;
    }
  *end = 0;
}

// Another user made what should be this user's directory: takes a name that nobody can have known.
// 0: there is none. Context: any
int slv_recording_move_home(void) {
  uint64_t name = 0;
  if (SLV_SYS3(SYS_getrandom, &name, sizeof name, 1 /* GRND_NONBLOCK */) != sizeof name) return 0;
  struct apart *at = apart;
  while (at < apart + APART - 1 && at->name != 0 && at->uid != slv_process.uid) at++;
  *at = (struct apart){slv_process.uid, name | 1};
  slv_recording_home(slv_process.home, sizeof slv_process.home, slv_process.uid);
  return 1;
}

// Reads the settings file once. Context: constructor
static int read_settings(void) {
  struct slv_settings settings;
  char path[SLV_PATH_MAX + 16];
  slv_text(slv_text(path, path + sizeof path, slv_process.root), path + sizeof path, "/settings");
  int file = slv_file_open(path, O_RDONLY);
  if (file < 0) return 0;
  slv_word got = slv_sys_read(file, &settings, sizeof settings);
  slv_sys_close(file);
  if (got != (slv_word)sizeof settings || settings.magic != SLV_SETTINGS_MAGIC) return 0;
  if (settings.version != SLV_ABI_VERSION || settings.size < sizeof settings) return 0;
  settings.users[SLV_PATH_MAX - 1] = settings.library[SLV_PATH_MAX - 1] = 0;
  users = slv_process.root;
  if (settings.users[0] != 0) {
    slv_copy(users_elsewhere, settings.users, slv_length(settings.users));
    users = users_elsewhere;
  }
  if (settings.library[0] != 0)
    slv_copy(slv_process.library, settings.library, slv_length(settings.library));
  else
    slv_text(slv_text(slv_process.library, slv_process.library + SLV_PATH_MAX, slv_process.root),
             slv_process.library + SLV_PATH_MAX, "/" SLV_LIBRARY_NAME);
  slv_process.settings = settings.flags;
  slv_process.save_before = settings.save_before;
  return 1;
}

// Context: any
static uint64_t pid_namespace(void) {
  char text[64]; // pid:[4026531836]
  slv_word n = slv_sys_readlinkat(AT_FDCWD, "/proc/self/ns/pid", text, sizeof text);
  uint64_t value = 0;
  for (slv_word i = 5; i < n && text[i] >= '0' && text[i] <= '9'; i++)
    value = value * 10 + (uint64_t)(text[i] - '0');
  return value;
}

// The identity of this process at start. The namespace comes from the announced cell where there is
// one: a look into /proc/self costs more than all the rest of the constructor. Context: constructor
void slv_process_identify(void) {
  slv_process.pid = slv_sys_getpid();
  slv_process.uid = slv_sys_geteuid();
  slv_recording_home(slv_process.home, sizeof slv_process.home, slv_process.uid);
}

// Context: any
static const char *number(const char *text, const char *end, uint64_t *value) {
  while (text < end && (*text < '0' || *text > '9')) text++;
  for (*value = 0; text < end && *text >= '0' && *text <= '9'; text++)
    *value = *value * 10 + (uint64_t)(*text - '0');
  return text;
}

// In a user namespace the directory of "our" user id is somebody else's: takes the one that the id
// stands for outside, as of /proc/self/uid_map (user_namespaces(7)). 0 when that is no other.
// Context: any
int slv_process_outer_user(void) {
  char map[512];
  int file = slv_sys_open("/proc/self/uid_map", O_RDONLY, 0);
  if (file < 0) return 0;
  slv_word n = slv_sys_read(file, map, sizeof map);
  slv_sys_close(file);
  const char *end = map + (n > 0 ? n : 0);
  for (const char *line = map; line < end;) {
    uint64_t inside, outside, count;
    line = number(number(number(line, end, &inside), end, &outside), end, &count);
    if (slv_process.uid - inside >= count || inside > slv_process.uid) continue;
    uint32_t uid = (uint32_t)(outside + slv_process.uid - inside);
    if (uid == slv_process.uid) return 0;
    slv_process.uid = uid;
    slv_recording_home(slv_process.home, sizeof slv_process.home, uid);
    return 1;
  }
  return 0;
}

// The first process of a namespace has its number 1; only then can it differ from its parent's.
// Context: any
void slv_process_namespace(uint64_t parents) {
  slv_process.pidns = parents != 0 && slv_process.pid != 1 ? parents : pid_namespace();
}

// For a process that cannot record: gives up the id in its environment, or the next image of it, or a
// child, would be taken for this one, and nobody would miss what is lost here. Context: constructor
void slv_recording_disown(char *const environment[]) {
  char *value = (char *)(uintptr_t)slv_environment_value(environment, SLV_ENV_RECORDING);
  if (!slv_process.quiet) return; // the address is not ours
  char *life = value + slv_length(slv_process.root) + sizeof ";life=" - 1;
  for (int i = 0; i < 16; i++) life[i] = '0';
}

// Context: constructor
int slv_recording_open(char *const environment[], uint64_t *life) {
  const char *value = slv_environment_value(environment, SLV_ENV_RECORDING);
  if (value == NULL) return 0;
  if (!parse(value, life)) return 0;
  slv_process.quiet = 1;
  if (!read_settings()) return 0;
  slv_process_identify();
  return slv_process.pid >
         0; // a filter that answers for the kernel: fork could not be told from vfork
}
