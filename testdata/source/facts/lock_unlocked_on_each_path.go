// Each path unlocks by itself.
package facts // fact: unlocked in 2 places

import "sync"

var mu sync.Mutex

var addr string

func lookup() string {
	mu.Lock() // blocks: sync.Mutex.Lock; fact: lookup waits to lock; lock in lookup
	if addr == "" {
		mu.Unlock()
		return ""
	}
	mu.Unlock()
	return addr
}
