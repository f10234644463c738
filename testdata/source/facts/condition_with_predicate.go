// The price is looked at before each wait.
package facts // fact: checks a predicate

import "sync"

type quote struct {
	mu     sync.Mutex
	cond   *sync.Cond
	priced bool
}

func (q *quote) set() {
	q.priced = true
	q.cond.Broadcast() // fact: signals
}

func (q *quote) await() {
	q.mu.Lock() // fact: holds q.mu
	defer q.mu.Unlock()
	for !q.priced { // fact: loop
		q.cond.Wait() // blocks: sync.Cond.Wait; fact: (*quote).await waits to wait for a condition
	}
}
