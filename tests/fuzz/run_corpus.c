/* Stands in for libFuzzer where a corpus is only to be run once: every file of every folder given goes through the
 * target. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size;
    int failed = 1;

    if (f == NULL)
        return 1;
    if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        /* Exactly as large as the input, so that a read past its end is seen by the sanitizer. */
        data = malloc(size > 0 ? (size_t)size : 1);
        if (data != NULL && fread(data, 1, (size_t)size, f) == (size_t)size)
            failed = LLVMFuzzerTestOneInput(data, (size_t)size) != 0;
    }
    free(data);
    fclose(f);
    return failed;
}

int main(int argc, char **argv)
{
    int files = 0;
    int before;

    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *entry;

        before = files;
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            char path[4096];

            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            if (run_file(path) != 0) {
                fprintf(stderr, "%s failed\n", path);
                return 1;
            }
            files++;
        }
        if (dir != NULL)
            closedir(dir);
        if (files == before)
            fprintf(stderr, "%s: no inputs\n", argv[i]);
    }
    printf("%d inputs\n", files);
    return files > 0 ? 0 : 1; /* a corpus that is not there has not been run */
}
