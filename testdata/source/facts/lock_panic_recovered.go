// The callback may panic, the caller recovers, and the lock stays taken.
package facts // fact: unlocked in 1 places

import "sync"

type bus struct {
	mu sync.Mutex
	on func()
}

func (b *bus) emit() {
	b.mu.Lock() // blocks: sync.Mutex.Lock; fact: (*bus).emit waits to lock; lock in (*bus).emit
	b.on()      // fact: may panic
	b.mu.Unlock()
}

func serve(b *bus) {
	defer func() {
		recover() // fact: recovers
	}()
	b.emit() // frame: 1
}
