// billing answers requests from two places and waits for neither to end: twenty requests a second leave a goroutine that
// waits to send (quote) and every second one more that waits in a select (follow). Forty workers of a pool stay as they are,
// thirty jobs that were there before end while the profile is taken.
package main

import (
	"io"
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

func quote(reply chan int) { reply <- 1 }

func follow(events chan int, done chan struct{}) {
	for {
		select {
		case <-events:
		case <-done:
			return
		}
	}
}

func job() { time.Sleep(3 * time.Second) }

func worker(work chan int) {
	for range work {
	}
}

func main() {
	go http.ListenAndServe("127.0.0.1:7071", nil)
	work := make(chan int)
	for i := 0; i < 40; i++ {
		go worker(work)
	}
	for i := 0; i < 30; i++ {
		go job()
	}
	go func() {
		for i := 0; ; i++ {
			go quote(make(chan int))
			if i%2 == 0 {
				go follow(make(chan int), make(chan struct{}))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	time.Sleep(2 * time.Second)
	r, err := http.Get("http://127.0.0.1:7071/debug/pprof/goroutine?seconds=5")
	if err != nil {
		panic(err)
	}
	b, _ := io.ReadAll(r.Body)
	os.WriteFile("leak.pb.gz", b, 0o644)
}
