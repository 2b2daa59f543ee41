# Sourced at the root of the tree: the modules, which are the folders whose CMakeLists.txt makes a library of the house.
# No list that somebody has to keep, so that no check overlooks a module that is new.
mapfile -t modules < <(grep -l '^kube_add_library' */CMakeLists.txt | sed 's,/.*,,')
[[ ${#modules[@]} -gt 0 ]] || { echo "$(basename "$0"): there are no modules" >&2; exit 1; }
