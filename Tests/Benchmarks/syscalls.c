/* The system calls of `rolloutctl kill`, made by a program that decides nothing: the yardstick for what a kill costs
   beyond the machine's own work. It is told where in the flag file which bytes go, and which line the journal gets.

   syscalls FOLDER OFFSET LENGTH TEXT LINE

   FOLDER holds flags.json, flags.json.rollout/ai-summary.journal, notes/ai-summary.md and runbooks/ai-summary.md.
   Change it whenever `strace rolloutctl kill ai-summary` shows something else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

struct text {
  char *bytes;
  size_t count;
};

static struct text read_file(const char *path) {
  int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  check(file >= 0, path);
  struct stat status;
  check(fstat(file, &status) == 0, path);
  struct text text = {malloc((size_t)status.st_size + 1), 0};
  ssize_t count;
  while ((count = read(file, text.bytes + text.count, (size_t)status.st_size + 1 - text.count)) > 0)
    text.count += (size_t)count;
  check(count == 0, path);
  close(file);
  return text;
}

/* Whether the file is still what was read, without memory of its size. */
static int holds(const char *path, struct text text) {
  int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  struct stat status;
  check(file >= 0 && fstat(file, &status) == 0, path);
  static char buffer[1 << 16];
  size_t at = 0;
  ssize_t count;
  while ((count = read(file, buffer, sizeof buffer)) > 0) {
    if (at + (size_t)count > text.count || memcmp(text.bytes + at, buffer, (size_t)count) != 0) break;
    at += (size_t)count;
  }
  close(file);
  return count == 0 && at == text.count;
}

static void resolve(const char *path) { free(realpath(path, NULL)); }

static int lock(const char *folder, const char *path) {
  if (mkdir(folder, 0777) != 0) {
    struct stat status;
    check(errno == EEXIST && stat(folder, &status) == 0, folder);
  }
  int file = open(path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
  check(file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0, path);
  struct stat opened, named;
  check(fstat(file, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino, path);
  const char *holder = "kill by somebody on some host, process 12345";
  check(ftruncate(file, 0) == 0 && pwrite(file, holder, strlen(holder), 0) > 0, path);
  return file;
}

static void unlock(int file) {
  check(ftruncate(file, 0) == 0, "unlock");
  close(file);
}

static void write_all(int file, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(file, bytes, count);
    check(written > 0, "write");
    bytes += written;
    count -= (size_t)written;
  }
}

static struct text replace(const char *path, struct text old, size_t offset, size_t length, const char *with) {
  int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  check(events >= 0 && inotify_add_watch(events, ".", IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE) >= 0, ".");
  struct stat facts;
  int opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  check(opened >= 0 && fstat(opened, &facts) == 0 && (size_t)facts.st_size == old.count, path);
  char *read_again = malloc(old.count + 1);
  check(read(opened, read_again, old.count + 1) == (ssize_t)old.count, path);
  check(offset + length <= old.count, "the flag lies outside the file");
  size_t added = strlen(with);
  struct text new = {malloc(old.count - length + added), old.count - length + added};
  memcpy(new.bytes, old.bytes, offset);
  memcpy(new.bytes + offset, with, added);
  memcpy(new.bytes + offset + added, old.bytes + offset + length, old.count - offset - length);

  char temporary[PATH_MAX + 64];
  snprintf(temporary, sizeof temporary, "%s.rollout-new-%d-0", path, (int)getpid());
  int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
  check(file >= 0, temporary);
  fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)new.count);
  write_all(file, new.bytes, new.count);
  struct stat own;
  check(fstat(file, &own) == 0 && fchmod(file, facts.st_mode & 07777) == 0 && fsync(file) == 0, temporary);
  close(file);
  struct timespec times[2] = {{0, UTIME_OMIT}, {0, 0}};
  clock_gettime(CLOCK_REALTIME, &times[1]);
  check(utimensat(AT_FDCWD, temporary, times, 0) == 0, temporary);
  struct stat now;
  char told[16384];
  resolve(path);
  check(stat(path, &now) == 0 && now.st_ino == facts.st_ino && now.st_size == facts.st_size, path);
  ssize_t heard = read(events, told, sizeof told);
  (void)heard;
  check(rename(temporary, path) == 0, path);
  check(lseek(opened, 0, SEEK_SET) == 0 && read(opened, read_again, old.count + 1) == (ssize_t)old.count, path);
  check(memcmp(read_again, old.bytes, old.count) == 0, "somebody else wrote");
  close(opened);
  heard = read(events, told, sizeof told);
  close(events);
  free(read_again);
  int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
  check(folder >= 0 && fsync(folder) == 0, ".");
  close(folder);
  check(holds(path, new), "not as written");
  return new;
}

static void append(const char *path, const char *line, const char *flags, struct text new) {
  struct text journal = read_file(path);
  check(holds(flags, new), "undone");
  struct stat status;
  check(stat(path, &status) == 0, path);
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
  check(file >= 0 && fstat(file, &status) == 0 && (size_t)status.st_size == journal.count, path);
  fallocate(file, FALLOC_FL_KEEP_SIZE, status.st_size, (off_t)strlen(line));
  write_all(file, line, strlen(line));
  check(fdatasync(file) == 0, path);
  close(file);
  free(journal.bytes);
}

/* Nobody's settings, in the working folder and above it and in the user's own. */
static void look_for_settings(void) {
  const char *paths[] = {"rolloutctl.json", "../rolloutctl.json", "../../rolloutctl.json", ".config/rolloutctl/rolloutctl.json"};
  struct stat status;
  for (int index = 0; index < 4; index++) stat(paths[index], &status);
}

int main(int count, char **words) {
  check(count == 6, "syscalls FOLDER OFFSET LENGTH TEXT LINE");
  check(chdir(words[1]) == 0, words[1]);
  char flags[PATH_MAX], beside[PATH_MAX + 16];
  check(realpath("flags.json", flags) != NULL, "flags.json");
  snprintf(beside, sizeof beside, "%s.rollout", flags);

  look_for_settings();
  struct text seen = read_file(flags);
  resolve(flags);
  resolve(flags);
  sigset_t held, before;
  sigfillset(&held);
  sigprocmask(SIG_BLOCK, &held, &before);
  int store = lock(beside, "flags.json.rollout/lock");
  struct text new = replace(flags, seen, strtoul(words[2], NULL, 10), strtoul(words[3], NULL, 10), words[4]);
  unlock(store);
  sigprocmask(SIG_SETMASK, &before, NULL);

  int turn = lock(beside, "flags.json.rollout/ai-summary.journal.lock");
  append("flags.json.rollout/ai-summary.journal", words[5], flags, new);
  unlock(turn);

  /* Whether the note names one more store. */
  struct text note = read_file("notes/ai-summary.md");
  struct stat status;
  stat("notes/flags.json", &status);
  stat("notes/.git", &status);
  stat("notes/rolloutctl.json", &status);
  stat(flags, &status);
  look_for_settings();
  resolve(flags);
  free(note.bytes);
  printf("off\n");
  return 0;
}
