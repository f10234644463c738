// A channel as a semaphore: one way out keeps the slot.
package facts // fact: takes back; field slots of pool

type pool struct{ slots chan struct{} }

func newPool() *pool { return &pool{slots: make(chan struct{}, 4)} } // fact: made with room for 4

func (p *pool) render(width int) bool {
	p.slots <- struct{}{} // blocks: chan send; fact: (*pool).render waits to send; send, own
	if width == 0 {
		return false // fact: keeps the slot; skips receive
	}
	<-p.slots // fact: receive, own
	return true
}
