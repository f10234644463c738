// An early return keeps the lock.
package facts // fact: unlocked in 2 places

import "sync"

type registry struct {
	mu   sync.Mutex
	addr string
}

func (r *registry) lookup() string {
	r.mu.Lock() // blocks: sync.Mutex.Lock; fact: (*registry).lookup waits to lock; lock in (*registry).lookup
	addr := r.addr
	if addr == "" {
		return "" // fact: leaves it locked
	}
	r.mu.Unlock()
	return addr
}

func (r *registry) find() string {
	r.mu.Lock() // fact: lock in (*registry).find, unlock deferred
	defer r.mu.Unlock()
	return r.addr
}
