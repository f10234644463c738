// A crawler starts a goroutine of itself for every link it meets while it
// reads a page, without a limit. Pages come in slowly: reading is a time.Sleep.
// Every page has 3 links.
//
// go run -trimpath main.go OUT writes the profiles into the folder OUT.
//
// Right: level by level, 4 pages at a time; 13 pages per crawl. At each
// snapshot 4 goroutines read a page and crawlLevels waits for a free place.
// Wrong: one crawl is 3 levels deep at the first snapshot, 1+3+9 = 13
// goroutines in (*page).next, and 5 levels deep at the second,
// 1+3+9+27+81 = 121; the first 13 are still there. All but the first are
// created by crawl itself.
package main

import (
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

type page struct {
	depth int
	read  bool
}

// next waits for the next piece of the page and returns the links in it. The
// first piece is quick, but for two levels; the rest of a page takes a minute.
func (p *page) next() []*page {
	wait := 10 * time.Millisecond
	switch {
	case p.read || p.depth == 4:
		wait = time.Minute
	case p.depth == 2:
		wait = 2 * time.Second
	}
	time.Sleep(wait)
	if p.read {
		return nil
	}
	p.read = true
	d := p.depth + 1
	return []*page{{depth: d}, {depth: d}, {depth: d}}
}

// crawl reads a page to its end.
func crawl(p *page) {
	for {
		links := p.next()
		if links == nil {
			return
		}
		for _, link := range links {
			go crawl(link) // no limit, and every one of them does the same
		}
	}
}

// fetch reads a page of the small site, 300 ms each.
func fetch(p *page) []*page {
	time.Sleep(300 * time.Millisecond)
	if p.depth == 2 {
		return nil
	}
	d := p.depth + 1
	return []*page{{depth: d}, {depth: d}, {depth: d}}
}

// crawlLevels reads one level after the other, 4 pages at a time.
func crawlLevels(root *page) (pages int) {
	var mu sync.Mutex
	slots := make(chan struct{}, 4)
	for level := []*page{root}; len(level) > 0; {
		var next []*page
		var wg sync.WaitGroup
		for _, p := range level {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				links := fetch(p)
				mu.Lock()
				next = append(next, links...)
				mu.Unlock()
			})
			pages++
		}
		wg.Wait()
		level = next
	}
	return pages
}

func main() {
	background()
	base := runtime.NumGoroutine()
	for _, name := range []string{"fixed.before", "fixed.after"} {
		go crawlLevels(&page{})
		settle(base + 5)
		snapshot(name, false)
		settle(base)
	}

	go crawl(&page{})
	settle(base + 13)
	snapshot("leaky.before", true)
	settle(base + 121)
	snapshot("leaky.after", true)
}

// The rest is a small service that both variants share: four idle workers, a
// listener, a janitor and a flusher; and what takes the profiles.

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

func janitor() {
	for {
		time.Sleep(time.Minute)
	}
}

type flusher struct{ stop chan struct{} }

var (
	workers = &pool{jobs: make(chan func())}
	flush   = &flusher{stop: make(chan struct{})}
)

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

func background() {
	for range 4 {
		go workers.work()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go accept(ln)
	go janitor()
	go flush.run()
	settle(8)
}

// settle waits until exactly n goroutines are left and have come to rest.
func settle(n int) {
	for range 2000 {
		if runtime.NumGoroutine() == n {
			time.Sleep(50 * time.Millisecond)
			if runtime.NumGoroutine() == n {
				return
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	log.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), n)
}

// snapshot writes the goroutine profile in all forms, or only as text.
func snapshot(name string, all bool) {
	write(name+".debug2.txt", 2)
	if all {
		write(name+".debug1.txt", 1)
		write(name+".pb.gz", 0)
	}
}

func write(name string, debug int) {
	f, err := os.Create(filepath.Join(os.Args[1], name))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.Lookup("goroutine").WriteTo(f, debug); err != nil {
		log.Fatal(err)
	}
}
