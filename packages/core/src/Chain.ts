/** The types of `Task.chain`: each task takes the value of the one before it. Not what a chain is made of. */
import type { FnTask, Task } from "./Task.ts"

/**
 * Up to eight tasks. A chain is a task itself, so that longer ones are chains of chains, which makes no difference to
 * how they run.
 */
export interface Chain {
  <I, A, B, E1, E2, R1, R2>(first: Task<I, A, E1, R1>, second: Task<A, B, E2, R2>): FnTask<I, B, E1 | E2, R1 | R2>
  <I, A, B, C, E1, E2, E3, R1, R2, R3>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>
  ): FnTask<I, C, E1 | E2 | E3, R1 | R2 | R3>
  <I, A, B, C, D, E1, E2, E3, E4, R1, R2, R3, R4>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>,
    fourth: Task<C, D, E4, R4>
  ): FnTask<I, D, E1 | E2 | E3 | E4, R1 | R2 | R3 | R4>
  <I, A, B, C, D, F, E1, E2, E3, E4, E5, R1, R2, R3, R4, R5>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>,
    fourth: Task<C, D, E4, R4>,
    fifth: Task<D, F, E5, R5>
  ): FnTask<I, F, E1 | E2 | E3 | E4 | E5, R1 | R2 | R3 | R4 | R5>
  <I, A, B, C, D, F, G, E1, E2, E3, E4, E5, E6, R1, R2, R3, R4, R5, R6>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>,
    fourth: Task<C, D, E4, R4>,
    fifth: Task<D, F, E5, R5>,
    sixth: Task<F, G, E6, R6>
  ): FnTask<I, G, E1 | E2 | E3 | E4 | E5 | E6, R1 | R2 | R3 | R4 | R5 | R6>
  <I, A, B, C, D, F, G, H, E1, E2, E3, E4, E5, E6, E7, R1, R2, R3, R4, R5, R6, R7>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>,
    fourth: Task<C, D, E4, R4>,
    fifth: Task<D, F, E5, R5>,
    sixth: Task<F, G, E6, R6>,
    seventh: Task<G, H, E7, R7>
  ): FnTask<I, H, E1 | E2 | E3 | E4 | E5 | E6 | E7, R1 | R2 | R3 | R4 | R5 | R6 | R7>
  <I, A, B, C, D, F, G, H, J, E1, E2, E3, E4, E5, E6, E7, E8, R1, R2, R3, R4, R5, R6, R7, R8>(
    first: Task<I, A, E1, R1>,
    second: Task<A, B, E2, R2>,
    third: Task<B, C, E3, R3>,
    fourth: Task<C, D, E4, R4>,
    fifth: Task<D, F, E5, R5>,
    sixth: Task<F, G, E6, R6>,
    seventh: Task<G, H, E7, R7>,
    eighth: Task<H, J, E8, R8>
  ): FnTask<I, J, E1 | E2 | E3 | E4 | E5 | E6 | E7 | E8, R1 | R2 | R3 | R4 | R5 | R6 | R7 | R8>
}
