module example.com/errgroup-misuse

go 1.26

// A stand-in with the same function names; the version is only for the paths.
require golang.org/x/sync v0.20.0

replace golang.org/x/sync => ./sync
