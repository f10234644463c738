// A field that nothing sets.
package facts // fact: field ready of gate; never set

type gate struct{ ready chan struct{} }

func (g *gate) wait() {
	<-g.ready // blocks: chan receive; fact: (*gate).wait waits to receive; receive, own
}

func open() {
	g := &gate{}
	go g.wait() // fact: started by go
}
