// Command tx-not-finished writes goroutine profiles of one leak pattern, and of the same
// work done rightly, into the folder given: go run -trimpath main.go OUT
//
// Transactions through database/sql with a context that lives as long as the
// service. The leaky variant returns early without Commit or Rollback; the fixed one
// defers the Rollback.
//
// 12 transactions before the first snapshot, 18 more before the second. Each leaves
// the goroutine (*Tx).awaitDone, and its pool connection taken. The driver is a
// small one in memory without goroutines. The fixed variant holds 3 transactions
// whose statement is being executed, other ones in each snapshot: a caller in the
// driver and an awaitDone each.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
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
	db, err := sql.Open("mem", "")
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	base := runtime.NumGoroutine() // with the DB's connectionOpener

	for _, step := range []struct {
		name string
		n    int
	}{{"fixed.before", 12}, {"fixed.after", 18}} {
		for range step.n {
			withdrawRollingBack(ctx, db, "closed", 5)
		}
		done := inFlight(ctx, db, 3)
		settle(base + 3*2)
		snapshot(step.name)
		done()
		settle(base)
	}

	for range 12 {
		withdraw(ctx, db, "closed", 5)
	}
	settle(base + 12)
	snapshot("leaky.before")
	for range 18 {
		withdraw(ctx, db, "closed", 5)
	}
	settle(base + 30)
	snapshot("leaky.after")
	cancel()
	db.Close()
	svc.shutdown()
}

const take = "UPDATE accounts SET balance = balance - ?2 WHERE name = ?1 AND NOT closed"

var errNoAccount = errors.New("no such account")

func withdraw(ctx context.Context, db *sql.DB, name string, sum int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, take, name, sum)
	if err != nil {
		return err // here too
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errNoAccount // neither Commit nor Rollback
	}
	return tx.Commit()
}

func withdrawRollingBack(ctx context.Context, db *sql.DB, name string, sum int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	res, err := tx.ExecContext(ctx, take, name, sum)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return errNoAccount
	}
	return tx.Commit()
}

// inFlight starts n transactions whose statement takes its time.
func inFlight(ctx context.Context, db *sql.DB, n int) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { withdrawRollingBack(ctx, db, "slow", 5) })
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

func (c *memConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return memTx{}, nil }

func (c *memConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	if args[0].Value == "slow" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if args[0].Value == "closed" {
		return driver.RowsAffected(0), nil
	}
	return driver.RowsAffected(1), nil
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
