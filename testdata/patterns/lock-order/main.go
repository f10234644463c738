// A chat server where rooms and members have a mutex each. kick locks the
// room and then the member, leave locks the member and then the room.
//
// Leaky: in 12 rooms before the first snapshot, and 18 more before the second,
// a member leaves while being kicked. Of each room two goroutines stay:
// (*room).kick and (*member).leave, each waiting for what the other holds.
//
// Fixed: remove and quit both lock the room first. 9 + 15 rooms pass, in 3 a
// member is just being removed at each snapshot (others at the second): one
// goroutine writes the audit log with the room locked, one waits for the room.
//
// Run: go run -trimpath main.go OUT
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type room struct {
	mu      sync.Mutex
	members map[*member]bool
	log     time.Duration // how long a line of the audit log takes
}

type member struct {
	mu    sync.Mutex
	rooms map[*room]bool
}

func (r *room) kick(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.audit("kick")
	m.mu.Lock() // room, then member
	defer m.mu.Unlock()
	delete(r.members, m)
	delete(m.rooms, r)
}

func (m *member) leave(r *room) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.audit("leave")
	r.mu.Lock() // member, then room: the other way round
	defer r.mu.Unlock()
	delete(r.members, m)
	delete(m.rooms, r)
}

func (r *room) remove(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.audit("kick")
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(r.members, m)
	delete(m.rooms, r)
}

func (m *member) quit(r *room) {
	r.mu.Lock() // the room first, everywhere
	defer r.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(r.members, m)
	delete(m.rooms, r)
}

// audit stands for a write to the audit log.
func (r *room) audit(string) { time.Sleep(r.log) }

func meet(log time.Duration) (*room, *member) {
	r, m := &room{log: log}, &member{}
	r.members = map[*member]bool{m: true}
	m.rooms = map[*room]bool{r: true}
	return r, m
}

// moderate lets a member leave n rooms while being kicked. Two goroutines of each
// room stay.
func moderate(n int) (more int, wait func()) {
	for range n {
		r, m := meet(200 * time.Millisecond)
		go r.kick(m)
		go m.leave(r)
	}
	time.Sleep(400 * time.Millisecond)
	return 2 * n, nil
}

// moderateInOrder does the same; the last 3 rooms are busy until wait.
func moderateInOrder(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for range n - 3 {
		r, m := meet(time.Millisecond)
		quick.Go(func() { r.remove(m) })
		quick.Go(func() { m.quit(r) })
	}
	quick.Wait()
	for range 3 {
		r, m := meet(time.Second)
		slow.Go(func() { r.remove(m) })
		time.Sleep(20 * time.Millisecond) // remove first
		slow.Go(func() { m.quit(r) })
	}
	return 6, slow.Wait
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
	step := moderate
	if variant == "fixed" {
		step = moderateInOrder
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
