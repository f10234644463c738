// Wants to write while it reads.
package facts // fact: unlocked in 2 places

import "sync"

type profile struct {
	mu    sync.RWMutex
	score int
}

func (p *profile) rank() int {
	p.mu.RLock() // fact: holds p.mu for reading, the same; lock in (*profile).rank for reading, unlock deferred
	defer p.mu.RUnlock()
	p.refresh() // frame: 1
	return p.score
}

func (p *profile) refresh() {
	p.mu.Lock() // blocks: sync.RWMutex.Lock; fact: (*profile).refresh waits to lock; takes it too; locks again; lock in (*profile).refresh, unlock deferred
	defer p.mu.Unlock()
	p.score = 7
}
