// Only Stop ends the loop.
package facts // fact: field jobs of pool

type pool struct{ jobs chan func() }

func newPool() *pool {
	p := &pool{jobs: make(chan func())} // fact: made without a buffer
	go p.work()                         // started; fact: started by go
	return p
}

func (p *pool) work() {
	for job := range p.jobs { // blocks: chan receive; fact: (*pool).work waits to range; receive by range, own
		job()
	}
}

func (p *pool) Stop() { close(p.jobs) } // fact: close in (*pool).Stop

func (p *pool) do(job func()) { p.jobs <- job } // fact: send
