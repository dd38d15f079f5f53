// What this machine can do at most: processes of a given memory that are forked, write to a number of pages and end.
// fork MEGABYTES PAGES AT_ONCE SECONDS; prints how many a second.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const size_t page = 4096;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  size_t bytes = strtoul(words[1], NULL, 10) << 20, pages = strtoul(words[2], NULL, 10);
  size_t atOnce = strtoul(words[3], NULL, 10);
  double seconds = strtod(words[4], NULL);
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(memory, bytes, MADV_NOHUGEPAGE);
  memset(memory, 1, bytes);
  size_t stride = bytes / page / pages, running = 0, ended = 0;
  double start = now();
  while (now() - start < seconds) {
    for (; running < atOnce; running++) {
      if (fork() == 0) {
        for (size_t written = 0; written < pages; written++) memory[written * stride * page] = 2;
        _exit(0);
      }
    }
    wait(NULL);
    running--;
    ended++;
  }
  double taken = now() - start;
  while (running-- > 0) wait(NULL);
  printf("%f\n", ended / taken);
  return 0;
}
