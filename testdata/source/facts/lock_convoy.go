// A request to another server under the lock; elsewhere a send that nobody may take, and one that has room.
package facts // fact: unlocked in 3 places

import (
	"net/http"
	"sync"
)

type rates struct {
	mu         sync.Mutex
	got, cache chan int
}

func newRates() *rates {
	return &rates{got: make(chan int), cache: make(chan int, 9)}
}

func (r *rates) get(url string) {
	r.mu.Lock() // blocks: sync.Mutex.Lock; fact: (*rates).get waits to lock; lock in (*rates).get, unlock deferred
	defer r.mu.Unlock()
	http.Get(url) // fact: a wait under the lock
}

func (r *rates) tell() {
	r.mu.Lock() // fact: lock in (*rates).tell
	r.got <- 1  // fact: a channel under the lock
	r.mu.Unlock()
}

func (r *rates) keep() {
	r.mu.Lock() // fact: lock in (*rates).keep
	r.cache <- 1
	r.mu.Unlock()
}
