// A send under the lock that its receiver wants.
package facts // fact: field events of room

import "sync"

type room struct {
	mu     sync.Mutex
	last   int
	events chan int
}

func (r *room) publish(e int) {
	r.mu.Lock() // fact: holds r.mu
	defer r.mu.Unlock()
	r.events <- e // blocks: chan send; fact: (*room).publish waits to send; send, own
}

func (r *room) deliver() {
	for e := range r.events { // fact: receive by range
		r.mu.Lock() // fact: takes it too
		r.last = e
		r.mu.Unlock()
	}
}

func open() *room {
	r := &room{events: make(chan int)} // fact: made without a buffer
	go r.deliver()
	return r
}
