// An image service that lets 4 uploads render at a time, with a buffered
// channel as semaphore. An empty image returns early and keeps its slot.
//
// Leaky: 4 empty images take the 4 slots and return; their goroutines are
// gone. Every later upload waits for a slot: 12 before the first snapshot, 18
// more before the second.
//
// Fixed: the slot is given back by a deferred function. The same 4 + 30
// uploads pass, 3 hold a slot at each snapshot (others at the second).
//
// Run: go run -trimpath main.go OUT
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

type picture struct {
	width int
	cost  time.Duration // how long the renderer works on it
}

type thumbnailer struct{ slots chan struct{} }

var errEmpty = errors.New("empty picture")

func (t *thumbnailer) render(p picture) error {
	t.slots <- struct{}{}
	if p.width == 0 {
		return errEmpty // the slot is not given back
	}
	scale(p)
	<-t.slots
	return nil
}

func (t *thumbnailer) convert(p picture) error {
	t.slots <- struct{}{}
	defer func() { <-t.slots }()
	if p.width == 0 {
		return errEmpty
	}
	scale(p)
	return nil
}

// scale stands for a call of a rendering service.
func scale(p picture) {
	time.Sleep(p.cost)
}

func upload(render func(picture) error, p picture) {
	if err := render(p); err != nil {
		failed.Add(1)
	}
}

var (
	failed atomic.Int64
	thumbs = &thumbnailer{slots: make(chan struct{}, 4)}
	empty  sync.Once
)

// spoil uploads 4 empty pictures, once, and waits for their goroutines.
func spoil(render func(picture) error) {
	empty.Do(func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { upload(render, picture{}) })
		}
		wg.Wait()
	})
}

// takeUploads starts n uploads after the 4 empty ones. All n stay.
func takeUploads(n int) (more int, wait func()) {
	spoil(thumbs.render)
	for range n {
		go upload(thumbs.render, picture{width: 640})
	}
	return n, nil
}

// takeAndGive starts n uploads; the last 3 are in work until wait.
func takeAndGive(n int) (more int, wait func()) {
	spoil(thumbs.convert)
	var quick, slow sync.WaitGroup
	for range n - 3 {
		quick.Go(func() { upload(thumbs.convert, picture{640, time.Millisecond}) })
	}
	quick.Wait()
	for range 3 {
		slow.Go(func() { upload(thumbs.convert, picture{640, time.Second}) })
	}
	return 3, slow.Wait
}

// ---- The service around it: a pool, a listener, a janitor, a flusher. ----

type pool struct{ jobs chan func() }

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

func janitor(every time.Duration) {
	for {
		time.Sleep(every)
		runtime.GC()
	}
}

type flusher struct{ stop chan struct{} }

func (f *flusher) run() {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-f.stop:
			return
		}
	}
}

func startService() (stop func()) {
	p := &pool{jobs: make(chan func())}
	for range 4 {
		go p.work()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go accept(ln)
	go janitor(time.Hour)
	f := &flusher{stop: make(chan struct{})}
	go f.run()
	return func() {
		close(p.jobs)
		ln.Close()
		close(f.stop)
	}
}

// ---- Running it and taking the profiles. ----

// run plays both steps of one variant and writes its profiles into out.
func run(out, variant string) {
	base := runtime.NumGoroutine() + 7
	stop := startService()
	defer stop()
	settle(base)
	step := takeUploads
	if variant == "fixed" {
		step = takeAndGive
	}
	for _, s := range []struct {
		when string
		ops  int
	}{{"before", 12}, {"after", 18}} {
		more, wait := step(s.ops)
		settle(base + more)
		snapshot(out, variant, s.when)
		if wait == nil {
			base += more
			continue
		}
		wait()
		settle(base)
	}
}

// settle waits until exactly n goroutines are there, and then until they wait.
func settle(n int) {
	for range 1000 {
		if runtime.NumGoroutine() == n {
			time.Sleep(60 * time.Millisecond)
			if runtime.NumGoroutine() == n {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	panic(fmt.Sprintf("%d goroutines, not %d", runtime.NumGoroutine(), n))
}

func snapshot(out, variant, when string) {
	for _, form := range []struct {
		debug int
		ext   string
	}{{2, "debug2.txt"}, {1, "debug1.txt"}, {0, "pb.gz"}} {
		if variant == "fixed" && form.debug != 2 {
			continue
		}
		f, err := os.Create(filepath.Join(out, variant+"."+when+"."+form.ext))
		check(err)
		check(pprof.Lookup("goroutine").WriteTo(f, form.debug))
		check(f.Close())
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// main runs each variant in a process of its own.
func main() {
	if len(os.Args) == 3 {
		run(os.Args[1], os.Args[2])
		return
	}
	self, err := os.Executable()
	check(err)
	for _, variant := range []string{"fixed", "leaky"} {
		cmd := exec.Command(self, os.Args[1], variant)
		cmd.Stderr = os.Stderr
		check(cmd.Run())
	}
}
