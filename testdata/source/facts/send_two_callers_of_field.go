// What comes by a struct literal's field, and through a local variable.
package facts // fact: field out of job

type job struct {
	id  int
	out chan<- int
}

func (j job) run() {
	if j.id > 0 { // fact: if
		j.out <- j.id // blocks: chan send; fact: job.run waits to send; send in a branch, own
	}
}

func start(n int) int {
	results := make(chan int, n) // fact: made with room for n
	for id := range n {
		j := job{id: id, out: results}
		go j.run() // started; fact: started by go in a loop
	}
	return <-results // fact: receive, beside go; first receive
}
