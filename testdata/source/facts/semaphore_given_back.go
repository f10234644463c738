// A channel as a semaphore: the slot is given back on every way out.
package facts // fact: takes back; field slots of pool

type pool struct{ slots chan struct{} }

func newPool() *pool { return &pool{slots: make(chan struct{}, 4)} } // fact: made with room for 4

func (p *pool) render(width int) bool {
	p.slots <- struct{}{}        // blocks: chan send; fact: (*pool).render waits to send; send, own
	defer func() { <-p.slots }() // fact: receive, deferred
	return width > 0
}
