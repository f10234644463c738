// The wait under the lock is in a method that is called; one that is started with go holds nothing up.
package facts // fact: unlocked in 2 places

import (
	"sync"
	"time"
)

type cache struct{ mu sync.RWMutex }

func (c *cache) load() { time.Sleep(time.Second) }

func (c *cache) get() {
	c.mu.RLock() // blocks: sync.RWMutex.RLock; fact: (*cache).get waits to lock; lock in (*cache).get for reading, unlock deferred
	defer c.mu.RUnlock()
	go c.load()
}

func (c *cache) fill() {
	c.mu.Lock() // fact: lock in (*cache).fill, unlock deferred
	defer c.mu.Unlock()
	c.load() // fact: a wait under the lock
}
