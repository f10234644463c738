// Command client-not-closed writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// A lookup that opens the database for each request. The leaky variant never closes
// the *sql.DB; the fixed one shares one for the whole service.
//
// 12 lookups before the first snapshot, 18 more before the second. Each leaves the
// goroutine (*DB).connectionOpener of its *sql.DB, and an idle connection. The driver
// is a small one in memory without goroutines. The fixed variant has one
// connectionOpener and holds 3 queries whose row has not come yet, other ones in
// each snapshot: a caller in the driver and an awaitDone each.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"
)

func main() {
	svc := startService()
	sql.Register("mem", memDriver{})
	ctx, cancel := context.WithCancel(context.Background())
	base := runtime.NumGoroutine()

	s, err := openStore("orders.db")
	check(err)
	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			_, err := s.lastOrder(ctx, "ada")
			check(err)
		}
		done := s.inFlight(ctx, 3)
		settle(base + 1 + 3*2)
		snapshot(step.name)
		done()
		settle(base + 1)
	}
	s.db.Close()
	settle(base)

	for range 12 {
		_, err := lastOrder(ctx, "orders.db", "ada")
		check(err)
	}
	settle(base + 12)
	snapshot("leaky.before")
	for range 18 {
		_, err := lastOrder(ctx, "orders.db", "ada")
		check(err)
	}
	settle(base + 30)
	snapshot("leaky.after")
	cancel()
	svc.shutdown()
}

const lastOf = "SELECT id FROM orders WHERE name = ? ORDER BY id DESC LIMIT 1"

func lastOrder(ctx context.Context, dsn, name string) (id int64, err error) {
	db, err := sql.Open("mem", dsn) // a pool with a goroutine, for one query
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, lastOf, name).Scan(&id)
	return id, err // nobody can close db any more
}

type store struct{ db *sql.DB }

func openStore(dsn string) (*store, error) {
	db, err := sql.Open("mem", dsn)
	if err != nil {
		return nil, err
	}
	return &store{db: db}, nil
}

func (s *store) lastOrder(ctx context.Context, name string) (id int64, err error) {
	err = s.db.QueryRowContext(ctx, lastOf, name).Scan(&id)
	return id, err
}

// inFlight starts n queries whose row does not come yet.
func (s *store) inFlight(ctx context.Context, n int) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { s.lastOrder(ctx, "slow") })
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// A database that lives in memory. The name "slow" hangs until its context ends.
type memDriver struct{}

func (memDriver) Open(string) (driver.Conn, error) { return &memConn{}, nil }

type memConn struct{}

func (c *memConn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c *memConn) Begin() (driver.Tx, error)           { return memTx{}, nil }
func (c *memConn) Close() error                        { return nil }

func (c *memConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	return &memRows{ctx: ctx, name: args[0].Value.(string)}, nil
}

type memRows struct {
	ctx  context.Context
	name string
	n    int64
}

func (r *memRows) Columns() []string { return []string{"id"} }
func (r *memRows) Close() error      { return nil }

func (r *memRows) Next(dest []driver.Value) error {
	if r.name == "slow" {
		<-r.ctx.Done()
		return r.ctx.Err()
	}
	if r.n++; r.n > 3 {
		return io.EOF
	}
	dest[0] = r.n
	return nil
}

type memTx struct{}

func (memTx) Commit() error   { return nil }
func (memTx) Rollback() error { return nil }

// service is what a healthy process has anyway: seven goroutines.
type service struct {
	pool    *pool
	admin   net.Listener
	flusher *flusher
}

func startService() *service {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s := &service{
		pool:    &pool{jobs: make(chan func())},
		admin:   ln,
		flusher: &flusher{every: 10 * time.Second, quit: make(chan struct{})},
	}
	for range 4 {
		go s.pool.work()
	}
	go accept(s.admin)
	go janitor(time.Hour)
	go s.flusher.run()
	return s
}

func (s *service) shutdown() {
	close(s.pool.jobs)
	close(s.flusher.quit)
	s.admin.Close()
}

type pool struct{ jobs chan func() }

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}

func janitor(every time.Duration) {
	for {
		time.Sleep(every)
	}
}

type flusher struct {
	every time.Duration
	quit  chan struct{}
}

func (f *flusher) run() {
	t := time.NewTicker(f.every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-f.quit:
			return
		}
	}
}

// settle waits until exactly n goroutines exist and have come to rest.
func settle(n int) {
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() != n; {
		if time.Now().After(deadline) {
			log.Fatalf("%d goroutines, want %d", runtime.NumGoroutine(), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
}

// snapshot writes the goroutine profile in the forms that name asks for.
func snapshot(name string) {
	ext := []string{2: "debug2.txt", 1: "debug1.txt", 0: "pb.gz"}
	for debug := 2; debug >= 0; debug-- {
		if debug < 2 && strings.HasPrefix(name, "fixed") {
			continue
		}
		f, err := os.Create(filepath.Join(os.Args[1], name+"."+ext[debug]))
		check(err)
		check(pprof.Lookup("goroutine").WriteTo(f, debug))
		check(f.Close())
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
