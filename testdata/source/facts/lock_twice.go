// total locks again what checkout holds.
package facts // fact: unlocked in 2 places

import "sync"

type cart struct {
	mu   sync.Mutex
	paid int
}

func (c *cart) total() int {
	c.mu.Lock() // blocks: sync.Mutex.Lock; fact: (*cart).total waits to lock; takes it too; locks again; lock in (*cart).total, unlock deferred
	defer c.mu.Unlock()
	return c.paid
}

func (c *cart) checkout() {
	c.mu.Lock() // fact: holds c.mu, the same; lock in (*cart).checkout, unlock deferred
	defer c.mu.Unlock()
	c.paid = c.total() // frame: 1
}
