// Room, then member; elsewhere member, then room.
package facts // fact: unlocked in 2 places

import "sync"

type room struct{ mu sync.Mutex }

type member struct{ mu sync.Mutex }

func (r *room) kick(m *member) {
	r.mu.Lock() // fact: holds r.mu
	defer r.mu.Unlock()
	m.mu.Lock() // blocks: sync.Mutex.Lock; fact: (*room).kick waits to lock; lock in (*room).kick, unlock deferred
	defer m.mu.Unlock()
}

func (m *member) leave(r *room) {
	m.mu.Lock() // fact: lock in (*member).leave, unlock deferred, then another
	defer m.mu.Unlock()
	r.mu.Lock() // fact: takes it too
	defer r.mu.Unlock()
}
