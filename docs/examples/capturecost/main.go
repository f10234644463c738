// Command capturecost measures what a goroutine profile costs a live service:
//
//	go run . [-n 1000,10000,100000] [-depth 8] [-rounds 15]
//
// It starts itself as a server with n parked goroutines, asks it for each form of the profile over HTTP, and meanwhile
// sends it small requests from another connection, one after the other. It prints how long each capture took, how large
// it was, how long the world stood still (runtime/metrics, /sched/pauses/total/other:seconds; gc for goroutineleak), and
// how long the small requests took that overlapped a capture. The first row of each table is the same loop without one.
//
// With GOEXPERIMENT=goroutineleakprofile (Go 1.26), or Go 1.27, the goroutineleak profile is measured too.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	counts := flag.String("n", "1000,10000,100000", "how many goroutines are parked")
	depth := flag.Int("depth", 8, "frames of each parked goroutine's stack")
	rounds := flag.Int("rounds", 15, "captures of each form")
	serve := flag.Int("serve", 0, "be the server, with so many goroutines parked")
	flag.Parse()
	if *serve > 0 {
		server(*serve, *depth)
		return
	}
	fmt.Printf("%s, %s, %s/%s, GOMAXPROCS %d, stacks of %d frames, %d captures of each form\n",
		time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), *depth, *rounds)
	for _, word := range strings.Split(*counts, ",") {
		n, err := strconv.Atoi(word)
		check(err)
		measure(n, *depth, *rounds)
	}
}

// The service: n goroutines that wait below depth frames, one small handler, and net/http/pprof.

//go:noinline
func park(depth int, stop chan struct{}, ready *sync.WaitGroup) int {
	if depth <= 1 {
		ready.Done()
		<-stop
		return 0
	}
	return park(depth-1, stop, ready) + 1
}

func server(n, depth int) {
	stop := make(chan struct{})
	var ready sync.WaitGroup
	ready.Add(n)
	for range n {
		go park(depth, stop, &ready)
	}
	ready.Wait()
	http.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "pong") })
	http.HandleFunc("GET /pauses", pauses)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(l.Addr())
	go func() { // ends with its parent
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	check(http.Serve(l, nil))
	close(stop)
}

// pauses prints how often the world was stopped, by the garbage collector (for=gc) or by anything else (for=other), and for
// how long: a line per bucket of the runtime's histogram, with the bucket's upper end in seconds.
func pauses(w http.ResponseWriter, r *http.Request) {
	sample := []metrics.Sample{{Name: "/sched/pauses/total/" + r.FormValue("for") + ":seconds"}}
	metrics.Read(sample)
	h := sample[0].Value.Float64Histogram()
	for i, count := range h.Counts {
		if count > 0 {
			fmt.Fprintln(w, count, h.Buckets[i+1])
		}
	}
}

// The client.

type span struct{ from, to time.Time }

func (s span) took() time.Duration { return s.to.Sub(s.from) }

func measure(n, depth, rounds int) {
	server := exec.Command(os.Args[0], "-serve", strconv.Itoa(n), "-depth", strconv.Itoa(depth))
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	check(err)
	stdout, err := server.StdoutPipe()
	check(err)
	check(server.Start())
	defer server.Wait()
	defer stdin.Close()
	var addr string
	_, err = fmt.Fscanln(stdout, &addr)
	check(err)

	fmt.Printf("\n%d parked goroutines\n", n)
	fmt.Println("| capture | took, median | longest | size | world stopped, longest | times a capture | request p50 | p99 | max |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	forms := []struct{ title, path string }{
		{"none", ""},
		{"debug=0", "goroutine"},
		{"debug=1", "goroutine?debug=1"},
		{"debug=2", "goroutine?debug=2"},
		{"goroutineleak", "goroutineleak"},
	}
	for _, form := range forms {
		row(form.title, form.path, "http://"+addr, rounds)
	}
}

func row(title, path, base string, rounds int) {
	stop := make(chan struct{})
	pings := make(chan []span)
	go func() { pings <- ping(base, stop) }()
	by := "other"
	if path == "goroutineleak" {
		by = "gc" // it is a run of the garbage collector
	}
	before := readPauses(base, by)
	var captures []span
	size, missing := int64(0), false
	for range rounds {
		time.Sleep(100 * time.Millisecond)
		start := time.Now()
		if path == "" {
			time.Sleep(100 * time.Millisecond)
		} else {
			resp, err := http.Get(base + "/debug/pprof/" + path)
			check(err)
			size, err = io.Copy(io.Discard, resp.Body)
			check(err)
			resp.Body.Close()
			missing = resp.StatusCode != http.StatusOK
		}
		captures = append(captures, span{start, time.Now()})
		if missing {
			break
		}
	}
	after := readPauses(base, by)
	close(stop)
	during := overlapping(<-pings, captures)
	if missing {
		return // this Go has no such profile
	}
	stops, longest := uint64(0), 0.0
	for edge, count := range after {
		if count > before[edge] {
			stops += count - before[edge]
			longest = max(longest, edge)
		}
	}
	took, slowest := quantile(captures, 0.5), quantile(captures, 1)
	sizeText, each := "", float64(stops)/float64(rounds)
	if path != "" {
		sizeText = fmt.Sprintf("%d", size)
		fmt.Printf("| %s | %s | %s | %s | ≤ %s | %.1f |", title, ms(took), ms(slowest), sizeText, ms(time.Duration(longest*1e9)), each)
	} else {
		fmt.Printf("| %s | | | | | |", title)
	}
	fmt.Printf(" %s | %s | %s |\n", ms(quantile(during, 0.5)), ms(quantile(during, 0.99)), ms(quantile(during, 1)))
}

// ping sends small requests over one connection, each when the one before was answered.
func ping(base string, stop chan struct{}) []span {
	client := &http.Client{Transport: &http.Transport{}}
	var all []span
	for {
		select {
		case <-stop:
			return all
		default:
		}
		start := time.Now()
		resp, err := client.Get(base + "/ping")
		check(err)
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		all = append(all, span{start, time.Now()})
	}
}

func overlapping(pings, captures []span) []span {
	var out []span
	for _, p := range pings {
		if slices.ContainsFunc(captures, func(c span) bool { return p.from.Before(c.to) && c.from.Before(p.to) }) {
			out = append(out, p)
		}
	}
	return out
}

func readPauses(base, by string) map[float64]uint64 {
	resp, err := http.Get(base + "/pauses?for=" + by)
	check(err)
	defer resp.Body.Close()
	out := map[float64]uint64{}
	for {
		var count uint64
		var edge float64
		if _, err := fmt.Fscan(resp.Body, &count, &edge); err != nil {
			return out
		}
		out[edge] = count
	}
}

func quantile(spans []span, q float64) time.Duration {
	if len(spans) == 0 {
		return 0
	}
	took := make([]time.Duration, len(spans))
	for i, s := range spans {
		took[i] = s.took()
	}
	slices.Sort(took)
	return took[int(math.Ceil(q*float64(len(took))))-1]
}

func ms(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', 2, 64) + " ms"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "capturecost:", err)
		os.Exit(1)
	}
}
