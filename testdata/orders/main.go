// Command orders is a small service with one leak, made to take the profiles beside it:
//
//	go run -trimpath . OUT
//
// It prices orders. A request asks a backend in a goroutine of its own and gives up after a timeout; the goroutine then
// sends its answer to a channel that nobody receives from any more, and stays for ever. Around it stand goroutines that
// are as they should be: four workers, a listener, a janitor that sleeps, a supervisor that waits for the workers.
//
// 25 requests time out before the first profiles are taken and 400 more before the second ones; 50 requests that end well
// come before each.
package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"time"
)

type quote struct{ cents int }

// price asks the backend, and gives up after the timeout.
func price(backend func() quote, timeout time.Duration) (quote, error) {
	answer := make(chan quote) // no room for an answer that comes too late
	go func() {
		answer <- backend()
	}()
	select {
	case q := <-answer:
		return q, nil
	case <-time.After(timeout):
		return quote{}, fmt.Errorf("no price within %v", timeout)
	}
}

type pool struct {
	jobs chan int
	wg   sync.WaitGroup
}

func (p *pool) start(workers int) {
	for i := 0; i < workers; i++ {
		p.wg.Add(1)
		go p.work()
	}
	go p.supervise()
}

func (p *pool) work() {
	defer p.wg.Done()
	for job := range p.jobs {
		_ = job
	}
}

func (p *pool) supervise() {
	p.wg.Wait()
}

func janitor() {
	for {
		time.Sleep(time.Hour)
	}
}

func accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

func serve(slow, quick int) {
	for i := 0; i < quick; i++ {
		price(func() quote { return quote{100} }, time.Second)
	}
	var wg sync.WaitGroup
	for i := 0; i < slow; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			price(func() quote { time.Sleep(50 * time.Millisecond); return quote{100} }, time.Millisecond)
		}()
	}
	wg.Wait()
	time.Sleep(300 * time.Millisecond) // until every late answer waits
}

func capture(out, name string) {
	for debug, suffix := range []string{".pb.gz", ".debug1.txt", ".debug2.txt"} {
		f, err := os.Create(filepath.Join(out, name+suffix))
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup("goroutine").WriteTo(f, debug); err != nil {
			panic(err)
		}
		f.Close()
	}
}

func main() {
	out := os.Args[1]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go accept(l)
	go janitor()
	p := &pool{jobs: make(chan int)}
	p.start(4)

	serve(25, 50)
	capture(out, "before")
	serve(400, 50)
	capture(out, "after")
	var ledger map[string]int
	ledger["orders"]++ // the crash, for crash.log: GOTRACEBACK=all
}
