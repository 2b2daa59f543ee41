/* Removes a folder with all that is in it. */
#ifndef REMOVE_TREE_H
#define REMOVE_TREE_H

void remove_tree(const char *path);

#endif
