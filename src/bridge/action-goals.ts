import type { Commander } from '../host/lease'
import { type Fields, needObject, needText, optionalText, Refusal, show } from './checks'
import type { Hub } from './hub'
import { refused } from './planner-input'
import { sameType } from './ros/definitions'
import { TRAJECTORY_ACTION } from './topics'
import { FOLLOW_TYPE, type GoalClient, GoalStatus } from './trajectories'

/** The action goals of one rosbridge client. */
export class ActionGoals {
    private readonly cancels = new Map<unknown, () => void>()

    constructor(
        private readonly hub: Hub,
        private readonly commander: Commander,
        private readonly answer: (message: object) => void,
    ) {}

    /** `send_action_goal`. @throws Refusal when the goal is not accepted, which its client is told as a result, too */
    send(message: Fields): void {
        const { id } = message
        const action = needText(message, 'action')
        const reply = (op: string, fields: object) => this.answer({ op, id, action, ...fields })
        try {
            if (id === undefined) throw new Refusal('id is missing; needed: a text or a number to know the goal by')
            if (this.cancels.has(id)) throw new Refusal(`id ${show(id)} is that of a goal that still runs`)
            checkAction(action, optionalText(message, 'action_type'))
            const wantsFeedback = message.feedback === true
            const goal = needObject(message.args, 'args', 'trajectory')
            const cancel = this.follow(goal, {
                feedback: values => void (wantsFeedback && reply('action_feedback', { values })),
                result: (status, values) => {
                    this.cancels.delete(id)
                    reply('action_result', { values, status, result: true })
                },
            })
            this.cancels.set(id, cancel)
        } catch (error) {
            const text = error instanceof Error ? error.message : String(error)
            reply('action_result', { values: text, status: GoalStatus.Unknown, result: false })
            throw error
        }
    }

    private follow(goal: Fields, client: GoalClient): () => void {
        const { lease, trajectories } = this.hub
        return refused(() => lease.command(this.commander, () => trajectories.follow(goal, client)))
    }

    /** `cancel_action_goal`: the result tells when it has come to rest. @throws Refusal */
    cancel(message: Fields): void {
        const cancel = this.cancels.get(message.id)
        if (cancel === undefined) throw new Refusal(`there is no goal ${show(message.id)} of this client that runs`)
        cancel()
    }

    /** The client is gone, and with it whoever watched its goals. */
    close(): void {
        for (const cancel of this.cancels.values()) cancel()
    }
}

function checkAction(action: string, type: string | undefined): void {
    if (action !== TRAJECTORY_ACTION) {
        throw new Refusal(`there is no action ${show(action)}; there is: ${TRAJECTORY_ACTION}`)
    }
    if (type !== undefined && !sameType(type, FOLLOW_TYPE)) {
        throw new Refusal(`action_type is ${show(type)}; ${action} has: ${FOLLOW_TYPE}`)
    }
}
