// A signal that comes before the wait is lost.
package facts // fact: checks no predicate

import "sync"

type quote struct {
	mu   sync.Mutex
	cond *sync.Cond
}

func (q *quote) set() {
	q.cond.Signal() // fact: signals
}

func (q *quote) await() {
	q.mu.Lock() // fact: holds q.mu
	defer q.mu.Unlock()
	q.cond.Wait() // blocks: sync.Cond.Wait; fact: (*quote).await waits to wait for a condition
}
