// A shop whose carts each have a mutex. checkout locks the cart and calls
// total, which locks it again.
//
// Leaky: 12 carts before the first snapshot, 18 more before the second. Of
// each cart two goroutines stay: (*cart).total waits for the lock that its own
// goroutine holds, and (*cart).add, a second click of the same customer, waits
// for it too.
//
// Fixed: settleUp takes the sum with the lock held once and pays without it.
// 9 + 15 carts are paid, 3 are being paid at each snapshot (others at the
// second).
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

type cart struct {
	mu    sync.Mutex
	cents []int
	paid  int
	bank  time.Duration // how long the bank takes
}

func sum(cents []int) (total int) {
	for _, v := range cents {
		total += v
	}
	return total
}

func (c *cart) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sum(c.cents)
}

func (c *cart) checkout() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paid = c.total() // total locks c.mu again
	c.cents = nil
}

func (c *cart) add(v int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cents = append(c.cents, v)
}

// totalLocked needs c.mu held.
func (c *cart) totalLocked() int {
	return sum(c.cents)
}

func (c *cart) settleUp() {
	c.mu.Lock()
	c.paid = c.totalLocked()
	c.cents = nil
	c.mu.Unlock()
	c.pay()
}

// pay stands for a request to the bank.
func (c *cart) pay() { time.Sleep(c.bank) }

// orderAll checks out n carts. Two goroutines of each stay.
func orderAll(n int) (more int, wait func()) {
	carts := make([]*cart, n)
	for i := range carts {
		carts[i] = &cart{cents: []int{199, 250}}
		go carts[i].checkout()
	}
	time.Sleep(100 * time.Millisecond) // checkout first
	for _, c := range carts {
		go c.add(99)
	}
	return 2 * n, nil
}

// orderOnce checks out n carts; the last 3 are at the bank until wait.
func orderOnce(n int) (more int, wait func()) {
	var quick, slow sync.WaitGroup
	for i := range n {
		c := &cart{cents: []int{199, 250}, bank: time.Millisecond}
		if i < n-3 {
			quick.Go(c.settleUp)
		} else {
			c.bank = time.Second
			slow.Go(c.settleUp)
		}
		quick.Go(func() { c.add(99) })
	}
	quick.Wait()
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
	step := orderAll
	if variant == "fixed" {
		step = orderOnce
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
