package leaktest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"testing"
	"time"
)

func TestLoadLeavesNothingBehind(t *testing.T) {
	out := t.TempDir()
	if kept := os.Getenv("LEAKTEST_OUT"); kept != "" { // where CI finds the dumps again
		out = kept
	}
	load(50) // what the first requests make for good, such as pools, is there from now on; so is what they leak
	before := dump(t, out, "before.txt")
	load(200)
	after := dump(t, out, "after.txt")
	mustNotLeak(t, before, after)
}

// load makes n requests at once that run into their deadline.
func load(n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			Price(ctx, func() int { time.Sleep(20 * time.Millisecond); return 100 })
		}()
	}
	wg.Wait()
	time.Sleep(200 * time.Millisecond) // work in flight may end; leaks don't
}

// dump writes all goroutines of this process with their ids: debug=2.
func dump(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pprof.Lookup("goroutine").WriteTo(f, 2), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustNotLeak fails the test with unpark's report where it finds a likely leak between two dumps.
func mustNotLeak(t *testing.T, before, after string) {
	t.Helper()
	report, err := exec.Command("unpark", "diff", before, after, "--fail-on", "likely", "--quiet").CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		t.Skip("unpark is not on the PATH")
	case err == nil:
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		t.Errorf("goroutines leak:\n%s", report)
	case errors.As(err, &exit) && exit.ExitCode() == 3:
		t.Errorf("the dumps can't show that nothing leaks:\n%s", report)
	default:
		t.Fatalf("unpark: %v\n%s", err, report)
	}
}
